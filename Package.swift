// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "DNC",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "DNC", targets: ["DNC"]),
        .library(name: "CDNCCore", targets: ["CDNCCore"]),
        .executable(name: "dnc", targets: ["DNCCommand"]),
    ],
    traits: [
        .default(enabledTraits: ["OpenBLAS"]),
        .trait(name: "OpenBLAS", description: "Large products by OpenBLAS; without it the core needs libm alone."),
        // Whoever names a trait gets no default ones, and this is no reason to go without OpenBLAS.
        .trait(
            name: "Watch", description: "dnc train --watch: the report of a run, live in a browser.",
            enabledTraits: ["OpenBLAS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        // The C core: forward and backward of the networks. Knows nothing of Swift.
        .systemLibrary(
            name: "COpenBLAS",
            pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]
        ),
        .target(
            name: "CDNCCore",
            dependencies: [.target(name: "COpenBLAS", condition: .when(traits: ["OpenBLAS"]))],
            path: "csrc",
            exclude: ["CMakeLists.txt", "LICENSE", "Makefile", "README.md", "examples", "package", "tests"],
            sources: ["src"],
            publicHeadersPath: "include",
            cSettings: [.define("DNC_OPENBLAS", .when(traits: ["OpenBLAS"]))],
            // Machines without pkg-config find the library by its name.
            linkerSettings: [
                .linkedLibrary("openblas", .when(traits: ["OpenBLAS"])), .linkedLibrary("m", .when(platforms: [.linux])),
            ]
        ),

        // The library, from the bottom up.
        .target(name: "DNCCore", dependencies: ["CDNCCore", "COpenBLAS"]),
        .target(name: "SystemFiles"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "DNCData", dependencies: ["CZlib", "DNCCore", "SystemFiles"]),
        .target(name: "SafeTensors", dependencies: ["SystemFiles"]),
        .target(name: "DNCTasks", dependencies: ["DNCCore", "DNCData", "SafeTensors", "SystemFiles"]),
        .systemLibrary(name: "CSquareRoot"),
        .target(
            name: "DNCTraining",
            dependencies: ["CSquareRoot", "DNCCore", "DNCData", "DNCTasks", "SafeTensors", "SystemFiles"]),
        .target(
            name: "DNCReport", dependencies: ["DNCCore", "DNCData", "DNCTasks", "DNCTraining", "SafeTensors", "SystemFiles"],
            // The page is in the library itself, which then needs no files beside it.
            resources: [.embedInCode("Resources")]),
        .target(name: "DNC", dependencies: ["DNCCore", "DNCData", "DNCReport", "DNCTasks", "DNCTraining", "SafeTensors"]),

        .executableTarget(
            name: "DNCCommand",
            dependencies: [
                "DNC", "DNCCore", "SystemFiles", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "FlyingFox", package: "FlyingFox", condition: .when(traits: ["Watch"])),
                .product(name: "FlyingSocks", package: "FlyingFox", condition: .when(traits: ["Watch"])),
            ]
        ),

        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(name: "DNCCoreTests", dependencies: ["DNCCore"]),
        .testTarget(name: "SystemFilesTests", dependencies: ["SystemFiles"]),
        .testTarget(name: "DNCDataTests", dependencies: ["DNCCore", "DNCData", "SystemFiles"]),
        .testTarget(name: "DNCTasksTests", dependencies: ["DNCCore", "DNCData", "DNCTasks", "TestSupport"]),
        .testTarget(name: "SafeTensorsTests", dependencies: ["SafeTensors", "TestSupport"]),
        .testTarget(
            name: "DNCTrainingTests",
            dependencies: ["DNCCore", "DNCData", "DNCTasks", "DNCTraining", "SafeTensors", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(name: "DNCCommandTests", dependencies: ["DNC", "DNCCommand", "TestSupport"]),

        // What Tests/Fuzzing/run gives random bytes to, and the bytes that it has found worth keeping.
        .target(
            name: "FuzzTargets", dependencies: ["DNCCore", "DNCData", "DNCReport", "DNCTasks", "DNCTraining", "SafeTensors"],
            path: "Tests/Fuzzing/Targets"),
        .testTarget(name: "FuzzingTests", dependencies: ["FuzzTargets"], path: "Tests/Fuzzing/Tests"),
    ],
    cLanguageStandard: .c11
)

// `make docs`; those who use the package get no plugin.
if Context.environment["DNC_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

// Executables whose main function comes from libFuzzer.
if Context.environment["DNC_FUZZING"] != nil {
    package.targets += ["checkpoint", "trace", "configuration", "vocabulary", "text", "episodes", "stories"].map {
        .executableTarget(
            name: "fuzz-\($0)", dependencies: ["FuzzTargets"], path: "Tests/Fuzzing/\($0)", exclude: ["dictionary"])
    }
}

for target in package.targets where ![.system, .binary].contains(target.type) && target.name != "CDNCCore" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
