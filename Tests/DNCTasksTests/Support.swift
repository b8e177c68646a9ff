// What the tests of tasks share.

import DNCCore
import Testing

@testable import DNCTasks
