internal import CDNCCore

/// The version of this package, "major.minor.patch".
public let packageVersion = String(cString: dnc_version())
