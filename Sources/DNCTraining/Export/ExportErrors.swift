// What is told when the system refuses to write an export.
import Foundation
import SafeTensors
import SystemFiles

/// Makes of what the system refuses an error for who exports.
func exporting(to path: String, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch SafeTensorsError.cannotWrite(let file, _, let code) {
        throw TrainingError.cannotExport(path: file, reason: String(cString: strerror(code)))
    } catch let error as SystemError {
        throw TrainingError.cannotExport(path: path, reason: error.reason)
    }
}
