import Foundation

/// Whether the long version of every test is asked for, with DNC_FULL_TESTS=1.
public let isFullRun = ProcessInfo.processInfo.environment["DNC_FULL_TESTS"] == "1"
