import DNCCore
import Foundation
import Testing

@Suite struct ModelConfigurationTests {
    let dnc = ModelConfiguration.dnc(hidden: 128, slots: 16, width: 16, readHeads: 1)

    @Test func encodesAsTheDocumentedText() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            try String(decoding: encoder.encode(dnc), as: UTF8.self)
                == #"{"activation":"tanh","controller":"lstm","hidden":128,"layers":1,"memory":"dnc","readHeads":1,"slots":16,"width":16}"#
        )
    }

    @Test(arguments: [
        (
            #"{"controller":"lstm","memory":"dnc","hidden":128,"slots":16,"width":16,"readHeads":1}"#,
            ModelConfiguration.dnc(hidden: 128, slots: 16, width: 16, readHeads: 1)
        ),
        (#"{"controller":"lstm","hidden":3}"#, .lstm(hidden: 3)),
        (#"{"controller":"tanh","hidden":3,"slots":0,"width":0,"readHeads":0}"#, .rnn(hidden: 3)),
        (
            #"{"controller":"feedForward","activation":"relu","layers":2,"memory":"dnc","hidden":3,"slots":4,"width":5,"readHeads":1}"#,
            .dnc(hidden: 3, slots: 4, width: 5, readHeads: 1, controller: .feedForward, layers: 2, activation: .relu)
        ),
    ])
    func decodes(text: String, expected: ModelConfiguration) throws {
        #expect(try JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8)) == expected)
    }

    @Test(arguments: [
        #"{"controller":"hopfield","hidden":3}"#, #"{"controller":"tanh"}"#, #"{"hidden":3}"#,
        #"{"controller":"tanh","hidden":0.5}"#, #"{"controller":"lstm","hidden":3,"wiping":true}"#,
        #"{"model":"lstm","hidden":3}"#,
    ])
    func doesNotDecode(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8))
        }
    }
}
