// Files and folders by paths of any bytes; Foundation knows paths of UTF-8 alone.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why the system refuses something.
package struct SystemError: Error {
    /// The `errno` of the call.
    package let code: Int32

    /// In the system's own words.
    package var reason: String { String(cString: strerror(code)) }
}

/// Makes a system call, again as long as a signal interrupts it.
package func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
    var result = call()
    while result < 0, errno == EINTR { result = call() }
    return result
}

package enum SystemFiles {
    /// Whether there is something at the path, at the end of all links.
    package static func exists(_ path: String) -> Bool { mode(of: path) != nil }

    /// Whether it is a folder.
    package static func isFolder(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

    /// Whether it is a pipe: it can be read once, from the beginning to the end.
    package static func isPipe(_ path: String) -> Bool { mode(of: path) == S_IFIFO }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path.systemPath, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The paths of what is in a folder in the order of its names, but for what begins with a dot.
    package static func visiblePaths(in folder: String) throws(SystemError) -> [String] {
        let names = try names(in: folder).filter { $0.first != "." }.sorted()
        return names.map { folder.last == "/" ? folder + $0 : folder + "/" + $0 }
    }

    /// How many bytes a file has, or all that a folder has, but for what begins with a dot; 0 for a pipe and for what is not there.
    package static func size(_ path: String) -> Int {
        if isFolder(path) { return ((try? visiblePaths(in: path)) ?? []).map(size).reduce(0, +) }
        var status = stat()
        return stat(path.systemPath, &status) == 0 ? Int(status.st_size) : 0
    }

    /// What changes with a file: its size and the time of its last change; nil where there is none.
    package static func stamp(of path: String) -> String? {
        var status = stat()
        guard stat(path.systemPath, &status) == 0 else { return nil }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return "\(time.tv_sec).\(time.tv_nsec).\(status.st_size)"
    }

    /// Makes a folder, and those that it is to be in, where they are missing.
    package static func makeFolder(_ path: String) throws(SystemError) {
        if mkdir(path.systemPath, 0o777) == 0 { return }
        let code = errno
        if code == EEXIST, isFolder(path) { return }
        let parent = path.unicodeScalars.reversed().drop { $0 == "/" }.drop { $0 != "/" }
        guard code == ENOENT, !parent.isEmpty else { throw SystemError(code: code) }
        try makeFolder(String(String.UnicodeScalarView(parent.reversed())))
        guard mkdir(path.systemPath, 0o777) == 0 || errno == EEXIST else { throw SystemError(code: errno) }
    }

    /// The names of all that is in a folder.
    package static func names(in folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder.systemPath) else { throw SystemError(code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(systemBytes: $0.prefix { $0 != 0 }) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// All that a file or a pipe has, or so many bytes of it. Waits for somebody to write to a pipe.
    package static func contents(of path: String, atMost limit: Int = .max) throws(SystemError) -> [UInt8] {
        let descriptor = uninterrupted { open(path.systemPath, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < limit {
            let length = min(piece.count, limit - bytes.count)
            let count = uninterrupted { piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, length) } }
            guard count >= 0 else { throw SystemError(code: errno) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }
}
