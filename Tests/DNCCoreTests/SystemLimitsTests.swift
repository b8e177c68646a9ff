// What the system's own files say that a process may use: files as they are found in containers, batch jobs and on machines of
// one's own.

import Testing

@testable import DNCCore

@Suite struct ControlGroupTests {
    /// Groups with these files, and no others.
    private func groups(_ membership: String, _ mounts: String, _ files: [String: String]) -> ControlGroups {
        ControlGroups(membership: membership, mounts: mounts) { files[$0] }
    }

    static let two = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

    @Test func noneIsNoLimit() {
        for membership in ["", "0::/\n", "0::/user.slice\n", "nonsense\n", "1:name=systemd:/\n"] {
            let groups = groups(membership, Self.two, [:])
            #expect(groups.memory == nil && groups.processors == nil)
        }
        let unlimited = [
            "/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/cpu.max": "max 100000\n",
            "/sys/fs/cgroup/a/cpu.max": "nonsense", "/sys/fs/cgroup/a/memory.max": "",
        ]
        let groups = groups("0::/a\n", Self.two, unlimited)
        #expect(groups.memory == nil && groups.processors == nil)
        #expect(self.groups("0::/a\n", "", unlimited).memory == nil)
    }

    /// As docker run --memory 512m --cpus 1.5 shows it: the container's own group is the root that it sees.
    @Test func aContainer() {
        let groups = groups(
            "0::/\n", Self.two,
            ["/sys/fs/cgroup/memory.max": "536870912\n", "/sys/fs/cgroup/cpu.max": "150000 100000\n"])
        #expect(groups.memory == 536_870_912)
        #expect(groups.processors == 1.5)
    }

    /// Whatever a group in the middle of the path allows, those below it have no more.
    @Test func theSmallestAlongThePath() {
        let files = [
            "/sys/fs/cgroup/job/memory.max": "3000", "/sys/fs/cgroup/job/step/memory.max": "1000",
            "/sys/fs/cgroup/job/step/task/memory.max": "2000", "/sys/fs/cgroup/other/memory.max": "1",
            "/sys/fs/cgroup/job/cpu.max": "200000 100000", "/sys/fs/cgroup/job/step/cpu.max": "max 100000",
            "/sys/fs/cgroup/job/step/task/cpu.max": "300000 50000",
        ]
        let task = groups("0::/job/step/task\n", Self.two, files)
        #expect(task.memory == 1000)
        #expect(task.processors == 2)
        let job = groups("0::/job\n", Self.two, files)
        #expect(job.memory == 3000)
    }

    static let one = """
        31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
        33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

        """

    @Test func versionOne() {
        let files = [
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/batch/memory.limit_in_bytes": "2147483648\n",
            "/sys/fs/cgroup/memory/batch/7/memory.limit_in_bytes": "4294967296\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_quota_us": "50000\n",
            "/sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_period_us": "100000\n",
        ]
        let groups = groups("9:name=systemd:/\n4:memory:/batch/7\n2:cpuacct,cpu:/batch\n0::/\n", Self.one, files)
        #expect(groups.memory == 2_147_483_648)
        #expect(groups.processors == 0.5)
    }

    /// A container that sees only its own group, but is told the path to it from outside.
    @Test(arguments: ["/docker/5a", "/../docker/5a", "/docker"])
    func aMountThatBeginsFurtherDown(path: String) {
        let mounts = "35 31 0:32 /docker/5a /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
        let groups = groups("4:memory:\(path)\n", mounts, ["/sys/fs/cgroup/memory/memory.limit_in_bytes": "1000"])
        #expect(groups.memory == 1000)
    }
}

@Suite struct SystemLimitsTests {
    @Test(
        arguments: [
            (8, nil, 8), (8, 0.2, 1), (8, 1.0, 1), (8, 1.5, 2), (8, 2.0, 2), (8, 64.0, 8), (0, nil, 1),
        ] as [(Int, Double?, Int)])
    func processorsByTheirTime(present: Int, time: Double?, expected: Int) {
        #expect(SystemLimits.processors(of: present, time: time) == expected)
    }

    @Test(arguments: [("0-3,8", 5), ("0", 1), ("1,3,5", 3), ("0-127", 128)])
    func processorsByTheirNumbers(list: String, expected: Int) {
        #expect(SystemLimits.allowedProcessors(in: "Threads:\t5\nCpus_allowed:\tff\nCpus_allowed_list:\t\(list)\n") == expected)
    }

    @Test func linesOfAnAccount() {
        let account = "VmPeak:\t     200 kB\nVmSize:\t     100 kB\nThreads:\t5\n"
        #expect(SystemLimits.bytes("VmSize", in: account) == 102_400)
        #expect(SystemLimits.bytes("Vm", in: account) == nil)
        #expect(SystemLimits.allowedProcessors(in: account) == nil)
    }

    @Test func limitsInWords() {
        #expect(inBytes(0x1p20 - 1) == "0 MiB")
        #expect(inBytes(1, rounded: .up) == "1 MiB")
        #expect(inBytes(1.5 * 0x1p30) == "1 GiB")
        #expect(inBytes(1.5 * 0x1p30, rounded: .up) == "2 GiB")
    }

    @Test func thisProcessMayUseSomething() {
        #expect(SystemLimits.processors >= 1)
        #expect(SystemLimits.memory.bytes > 0)
    }
}
