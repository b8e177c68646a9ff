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
                == #"{"hidden":128,"model":"dnc","readHeads":1,"slots":16,"width":16}"#)
    }

    @Test(arguments: [
        (
            #"{"model":"dnc","hidden":128,"slots":16,"width":16,"readHeads":1}"#,
            ModelConfiguration.dnc(hidden: 128, slots: 16, width: 16, readHeads: 1)
        ),
        (#"{"model":"lstm","hidden":3}"#, .lstm(hidden: 3)),
        (#"{"model":"rnn","hidden":3,"slots":0,"width":0,"readHeads":0}"#, .rnn(hidden: 3)),
    ])
    func decodes(text: String, expected: ModelConfiguration) throws {
        #expect(try JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8)) == expected)
    }

    @Test(arguments: [
        #"{"model":"gru","hidden":3}"#, #"{"model":"rnn"}"#, #"{"hidden":3}"#, #"{"model":"rnn","hidden":0.5}"#,
    ])
    func doesNotDecode(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8))
        }
    }
}
