import Foundation
import Testing

@testable import DNCCore

/// All that a model can do otherwise, as text.
private let each = [
    "addressing=dot", "addressing=location", "allocation=none,memory-start=drawn", "memory-start=drawn",
    "addressing=location,allocation=none", "allocation-epsilon", "deallocation", "detached-usage",
    "interface-clip=20.0", "interface-norm", "linkage=none", "masks", "mask-minimum=0.1,masks", "read-before-write",
    "sharpness",
    "strengths=none", "strengths=softplus", "gate-norm", "decay", "negative-eigenvalues", "activation-clip=20.0",
    "bidirectional", "program-use=output,program-width=2,programs=3", "program-use=outputRows,program-width=3,programs=2",
    "program-width=2,programs=1", "write-heads=2",
]

@Suite struct ModelVariantTests {
    private func configuration(_ text: String) throws -> ModelConfiguration {
        let variant = try ModelVariant().replacing(text)
        let isOfDelta = variant.decay || variant.negativeEigenvalues
        return ModelConfiguration(
            hidden: 5, memory: isOfDelta ? .delta : .dnc, slots: 4, width: 3, readHeads: 2, variant: variant)
    }

    @Test(arguments: each)
    func survivesTextAndJSON(_ text: String) throws {
        let configuration = try configuration(text)
        #expect(configuration.variant != ModelVariant())
        #expect("\(configuration.variant)" == text)
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(ModelConfiguration.self, from: data) == configuration)
    }

    /// The names of all are in the list above, so that none is forgotten.
    @Test func allAreTried() {
        let words = Set(each.flatMap { $0.split(separator: ",").map { String($0.prefix { $0 != "=" }) } })
        let names = ModelVariant.names.map { $0.replacing(#/[A-Z]/#) { "-" + $0.output.lowercased() } }
        #expect(words == Set(names))
    }

    /// Each is a row of its table, and no others are.
    @Test func thePageOfJSONTellsAll() throws {
        let page = URL(filePath: #filePath).appending(path: "../../../docs/JSON.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## `training.configuration.model`\n").last)
        let rows = section.components(separatedBy: "\n## ")[0].matches(of: #/\n\| `([a-z_]+)` \|/#).map { String($0.1) }
        let names = ModelVariant.names.map { $0.replacing(#/[A-Z]/#) { "_" + $0.output.lowercased() } }
        #expect(rows == names.sorted())
    }

    @Test func jsonHasWhatIsOtherwiseAlone() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = try String(decoding: encoder.encode(configuration("linkage=none,masks,mask-minimum=0.25")), as: UTF8.self)
        #expect(
            text
                == #"{"activation":"tanh","controller":"lstm","hidden":5,"layers":1,"linkage":"none","maskMinimum":0.25,"masks":true,"memory":"dnc","readHeads":2,"slots":4,"width":3}"#
        )
    }

    @Test func wordsAreReplaced() throws {
        let variant = try ModelVariant().replacing("masks,sharpness,linkage=temporal")
        #expect(variant.masks && variant.sharpness && variant.linkage == .temporal)
        #expect(try variant.replacing("masks=false").masks == false)
        #expect(try variant.replacing("none") == ModelVariant())
        #expect(try variant.replacing("none,deallocation").description == "deallocation")
    }

    @Test(arguments: [
        ("wiping", "there is no variant wiping"), ("linkage", "linkage is given without a value"),
        ("linkage=both", "temporal or none"), ("masks=2", "true or false"), ("mask-minimum=much", "a number"),
        ("write-heads=1.5", "a whole number"),
    ])
    func whatIsNoVariantIsRefused(text: String, sentence: String) {
        let error = #expect(throws: VariantError.self) { try ModelVariant().replacing(text) }
        #expect(error?.description.contains(sentence) == true)
    }

    @Test(arguments: [
        ("masks,addressing=dot", "masks"), ("sharpness,linkage=none", "sharpness"),
        ("deallocation,allocation=none", "deallocation"), ("allocation=none", "memory_start"),
        ("allocation=none,addressing=dot", "memory_start"),
        ("write-heads=9", "write_heads"), ("programs=2", "program_width"),
        ("mask-minimum=0.1", "mask_minimum"), ("interface-clip=-1", "interface_clip"),
    ])
    func contradictionsAreRefused(text: String, field: String) throws {
        let configuration = try configuration(text)
        let error = #expect(throws: CoreError.self) { try ModelLayout(configuration, symbols: 3) }
        #expect(error?.description.contains(field) == true)
    }

    @Test func withoutAMemoryThereIsNothingToDoOtherwise() throws {
        let configuration = ModelConfiguration(hidden: 3, variant: try ModelVariant().replacing("masks"))
        #expect(throws: CoreError.self) { try ModelLayout(configuration, symbols: 3) }
    }

    @Test(arguments: each.filter { $0 != "detached-usage" })
    func gradientsAreRight(_ text: String) throws {
        let check = try GradientCheck.run(
            configuration: configuration(text), symbols: 4, steps: 5, lanes: 2, maximumPerTensor: 40)
        #expect(check.passes(tolerance: 1e-6))
    }
}
