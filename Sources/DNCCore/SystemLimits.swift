// What the system lets this process have: not always what the machine has.

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Memory and processors that this process may use.
package enum SystemLimits {
    /// So many bytes of memory, and in words what allows no more and what helps.
    struct Memory: Equatable {
        var bytes: Double
        var sentence: String
        var remedy = "raise that limit, or choose smaller sizes"

        static func machine(_ bytes: Double) -> Memory {
            Memory(bytes: bytes, sentence: "this machine has \(inBytes(bytes)) of memory", remedy: "choose smaller sizes")
        }
        static func controlGroup(_ bytes: Double) -> Memory {
            Memory(bytes: bytes, sentence: "the control group (container, batch job) may take \(inBytes(bytes))")
        }
        static func processLimit(_ name: String, _ bytes: Double) -> Memory {
            Memory(bytes: bytes, sentence: "the process' limit (\(name)) leaves \(inBytes(bytes))")
        }
        static func commitment(_ bytes: Double) -> Memory {
            Memory(
                bytes: bytes,
                sentence: "the system, which promises no more than it has (overcommit_memory 2), leaves \(inBytes(bytes))")
        }
    }

    /// The least of all limits.
    static var memory: Memory {
        let machine = Memory.machine(Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE))))
        var all = [machine]
        #if os(Linux)
        if let bytes = controlGroups.memory { all.append(.controlGroup(bytes)) }
        let status = contents(of: "/proc/self/status") ?? ""
        for limit in processLimits where limit.value != nil {
            all.append(.processLimit(limit.name, max(0, (limit.value ?? 0) - (bytes(limit.use, in: status) ?? 0))))
        }
        if promisesNoMoreThanItHas {
            let system = contents(of: "/proc/meminfo") ?? ""
            if let limit = bytes("CommitLimit", in: system), let committed = bytes("Committed_AS", in: system) {
                all.append(.commitment(max(0, limit - committed)))
            }
        }
        #endif
        return all.min { $0.bytes < $1.bytes } ?? machine
    }

    /// Whether memory that is only reserved, and may never be touched, can be refused. OpenBLAS reserves 128 MiB for each of its
    /// threads and of its callers, and where that is refused, most versions ask again for ever.
    package static let limitsReservations: Bool = {
        #if os(Linux)
        processLimits.contains { $0.value != nil } || promisesNoMoreThanItHas
        #else
        false
        #endif
    }()

    /// How many threads a command takes by default: the machine's processors that this process may run on, and no more than its
    /// control group has time of.
    package static var processors: Int {
        let online = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        #if os(Linux)
        let allowed = allowedProcessors(in: contents(of: "/proc/self/status") ?? "")
        return processors(of: allowed ?? online, time: controlGroups.processors)
        #else
        return processors(of: online, time: nil)
        #endif
    }

    /// One whose time may be had in part counts: as many threads as that wait for one another lose nothing by it.
    static func processors(of present: Int, time: Double?) -> Int {
        max(1, Int(min(Double(present), (time ?? .infinity).rounded(.up))))
    }

    #if os(Linux)
    private static let controlGroups = ControlGroups(
        membership: contents(of: "/proc/self/cgroup") ?? "", mounts: contents(of: "/proc/self/mountinfo") ?? "",
        read: contents)

    /// The limits that reservations count against, and the line of /proc/self/status that says what is used of each.
    private static var processLimits: [(name: String, use: String, value: Double?)] {
        #if canImport(Glibc)
        let (addressSpace, data) = (Int32(RLIMIT_AS.rawValue), Int32(RLIMIT_DATA.rawValue))
        #else
        let (addressSpace, data) = (RLIMIT_AS, RLIMIT_DATA)
        #endif
        return [("ulimit -v", "VmSize", addressSpace), ("ulimit -d", "VmData", data)].map { name, use, resource in
            var limit = rlimit()
            let isSet = getrlimit(resource, &limit) == 0 && limit.rlim_cur != rlim_t.max
            return (name, use, isSet ? Double(limit.rlim_cur) : nil)
        }
    }

    private static var promisesNoMoreThanItHas: Bool {
        contents(of: "/proc/sys/vm/overcommit_memory")?.first == "2"
    }

    /// The whole of a file of the kernel's, whose size is not known before.
    private static func contents(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var (bytes, part) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
    #endif

    /// The line "NAME: 123 kB" of an account of Linux's, in bytes.
    package static func bytes(_ name: String, in account: String) -> Double? {
        value(name, in: account).flatMap { Double($0) }.map { $0 * 1024 }
    }

    /// How many processors the line "Cpus_allowed_list: 0-3,8" names; nil without it.
    static func allowedProcessors(in account: String) -> Int? {
        value("Cpus_allowed_list", in: account)?.split(separator: ",").reduce(0) { count, range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            return count + (ends.last ?? 0) - (ends.first ?? 0) + 1
        }
    }

    private static func value(_ name: String, in account: String) -> Substring? {
        let line = account.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
    }
}

/// A limit in words; fractions would only be in the way.
func inBytes(_ bytes: Double, rounded rule: FloatingPointRoundingRule = .down) -> String {
    let (unit, name) = bytes < 0x1p30 ? (0x1p20, "MiB") : (0x1p30, "GiB")
    return "\(Int((bytes / unit).rounded(rule))) \(name)"
}
