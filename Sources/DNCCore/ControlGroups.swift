// What Linux allows a process by control groups, which containers and batch systems are made of.

/// The limits of the control groups that a process is in, of either version. A group has no more than those around it, so that of
/// all along its path the smallest limit counts.
struct ControlGroups: Equatable {
    /// In bytes; nil for no limit.
    var memory: Double?
    /// How many processors' time, often not a whole number; nil for no limit.
    var processors: Double?

    /// - Parameters:
    ///   - membership: what `/proc/self/cgroup` says.
    ///   - mounts: what `/proc/self/mountinfo` says.
    ///   - read: the contents of a file; nil where there is none.
    init(membership: String, mounts: String, read: (String) -> String?) {
        let mounts = mounts.split(separator: "\n").compactMap { Mount($0) }
        for line in membership.split(separator: "\n") {
            // "4:memory:/path", or "0::/path" of version 2, which has all controllers in one tree.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",")
            guard
                let mount = mounts.first(where: { $0.controllers?.contains { controllers.contains($0) } ?? controllers.isEmpty }
                )
            else { continue }
            for folder in mount.folders(to: fields[2]) {
                func numbers(_ file: String) -> [Double?] {
                    (read(folder + "/" + file) ?? "").split(whereSeparator: \.isWhitespace).map { Double($0) }
                }
                func limit(memory file: String) {
                    if let bytes = numbers(file).first ?? nil { memory = min(memory ?? bytes, bytes) }
                }
                func limit(quota: Double??, period: Double??) {
                    // "max" is no number, and -1 is no limit either.
                    guard let quota = quota ?? nil, let period = period ?? nil, quota > 0, period > 0 else { return }
                    processors = min(processors ?? .infinity, quota / period)
                }
                if controllers.isEmpty {
                    limit(memory: "memory.max")
                    let time = numbers("cpu.max")
                    limit(quota: time.first, period: time.dropFirst().first)
                }
                if controllers.contains("memory") { limit(memory: "memory.limit_in_bytes") }
                if controllers.contains("cpu") {
                    limit(quota: numbers("cpu.cfs_quota_us").first, period: numbers("cpu.cfs_period_us").first)
                }
            }
        }
    }

    /// A tree of control groups: its folder `root` can be seen at `point`.
    private struct Mount {
        let root: Substring
        let point: Substring
        /// nil in version 2.
        let controllers: [Substring]?

        /// "35 31 0:32 ROOT POINT rw - cgroup cgroup rw,memory"; nil for other file systems.
        init?(_ line: Substring) {
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), dash >= 5, words.count > dash + 3 else { return nil }
            (root, point) = (words[3], words[4])
            switch words[dash + 1] {
            case "cgroup": controllers = words[dash + 3].split(separator: ",")
            case "cgroup2": controllers = nil
            default: return nil
            }
        }

        /// From the mount's own to that of a group, which a container may see no more of than the mount itself.
        func folders(to group: Substring) -> [String] {
            let parts = group.split(separator: "/"), rootParts = root.split(separator: "/")
            let isBelow = parts.starts(with: rootParts) && !parts.contains("..")
            return (isBelow ? parts.dropFirst(rootParts.count) : []).reduce(into: [String(point)]) { folders, part in
                folders.append("\(folders[folders.count - 1])/\(part)")
            }
        }
    }
}
