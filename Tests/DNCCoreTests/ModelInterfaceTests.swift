// What goes into a model and comes out of it.

import DNCCore
import Foundation
import Testing

@Suite struct ModelInterfaceTests {
    @Test func inputs() throws {
        #expect(ModelInput.symbols(5) == ModelInput(symbols: 5, symbolsPerStep: 1, vector: 0))
        #expect(ModelInput.symbols(5, perStep: 3).symbolsPerStep == 3)
        #expect(ModelInput.vector(4) == ModelInput(symbols: 0, symbolsPerStep: 7, vector: 4))
        #expect(ModelInput.vector(4).symbolsPerStep == 0)
        let both = ModelInput(symbols: 5, symbolsPerStep: 2, vector: 4)
        #expect(try JSONDecoder().decode(ModelInput.self, from: JSONEncoder().encode(both)) == both)
    }

    @Test func outputs() throws {
        #expect(ModelOutput.symbols(10, groups: 9).count == 90 && ModelOutput.symbols(10).groups == 1)
        #expect(ModelOutput.bits(8).count == 8 && ModelOutput.reals(3).count == 3)
        #expect(ModelOutput.bits(8) != ModelOutput.reals(8))
        let output = ModelOutput.symbols(10, groups: 9)
        #expect(try JSONDecoder().decode(ModelOutput.self, from: JSONEncoder().encode(output)) == output)
        let json = Data(#"{"kind": "bits", "size": 8, "groups": 1}"#.utf8)
        #expect(try JSONDecoder().decode(ModelOutput.self, from: json) == .bits(8))
    }
}
