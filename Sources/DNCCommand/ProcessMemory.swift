// What this process holds of the machine's memory, in bytes, as the system counts it.
import DNCCore
import Foundation

enum ProcessMemory {
    /// Now; nil where the system does not tell.
    static var resident: Int? {
        #if canImport(Darwin)
        var info = proc_taskinfo()
        let size = Int32(MemoryLayout<proc_taskinfo>.size)
        return proc_pidinfo(getpid(), PROC_PIDTASKINFO, 0, &info, size) == size ? Int(info.pti_resident_size) : nil
        #else
        return status("VmRSS")
        #endif
    }

    /// The most so far, or since `forgetPeak`.
    static var peak: Int {
        if let bytes = status("VmHWM") { return bytes }
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #else
        getrusage(.init(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
        #endif
    }

    /// Makes `peak` begin anew, where the system can.
    static func forgetPeak() {
        try? FileHandle(forWritingAtPath: "/proc/self/clear_refs")?.write(contentsOf: Data("5".utf8))
    }

    /// A line of Linux's account of the process.
    private static func status(_ name: String) -> Int? {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return SystemLimits.bytes(name, in: status).map { Int($0) }
    }
}
