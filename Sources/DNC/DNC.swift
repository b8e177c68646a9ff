// The library as one module: `import DNC` brings everything.
@_exported public import DNCCore
@_exported public import DNCData
@_exported public import DNCReport
@_exported public import DNCTasks
@_exported public import DNCTraining
@_exported public import SafeTensors
