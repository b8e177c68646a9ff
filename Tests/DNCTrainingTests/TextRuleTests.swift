// What is chosen for a text.

import DNCCore
import Testing

@testable import DNCTraining

@Suite struct TextRuleTests {
    private static let sizes = [1, 1000, 152_089, 1_115_394, 100_000_000]
    private static let times: [Duration?] = [
        nil, .milliseconds(1), .seconds(10), .seconds(30), .seconds(120), .seconds(100_000),
    ]

    /// Whatever there is, and whatever was asked for, the rest is a run that can begin.
    @Test(arguments: sizes, times)
    func allThatItChoosesWorks(size: Int, time: Duration?) throws {
        let rule = TextRule(size: size, time: time)
        for controller in Controller.allCases {
            for memory in MemoryKind.allCases {
                if memory == .none, controller == .feedForward || controller == .squashedLSTM { continue }
                let model = rule.model(controller: controller, memory: memory)
                _ = try ModelLayout(model, symbols: 70)
                for hidden in [model.hidden, 1, 4096] {
                    var own = model
                    own.hidden = hidden
                    let configuration = rule.configuration(of: own)
                    try configuration.validate()
                    #expect(configuration.schedule.endsWithRun == (time != nil))
                    #expect((1e-5...0.1).contains(configuration.optimizer.learningRate))
                }
            }
        }
    }

    /// More time makes a larger model, of which a small text drops more.
    @Test func goesByTimeAndSize() {
        func rule(_ size: Int, _ seconds: Int) -> TextRule { TextRule(size: size, time: .seconds(seconds)) }
        let hidden = [5, 30, 400, 1500, 4000].map { rule(1_000_000, $0).model(controller: .lstm, memory: .none).hidden }
        #expect(hidden == hidden.sorted() && Set(hidden).count == hidden.count)
        let model = ModelConfiguration.lstm(hidden: 256)
        let dropped = [10_000_000, 1_000_000, 150_000, 10_000].map { rule($0, 120).configuration(of: model).dropout.bypass }
        #expect(dropped == dropped.sorted() && dropped[0] == 0 && dropped[3] > dropped[1])
        // Ten times the text is read a tenth as often, and half of the units more than twice.
        #expect(abs(rule(10_000, 60).epochs(of: model) / rule(100_000, 60).epochs(of: model) - 10) < 1e-9)
        #expect(rule(10_000, 60).epochs(of: .lstm(hidden: 128)) > 2 * rule(10_000, 60).epochs(of: model))
        // Without gates steps are smaller.
        let rates = [ModelConfiguration.rnn(hidden: 256), model].map {
            rule(1_000_000, 30).configuration(of: $0).optimizer.learningRate
        }
        #expect(rates[0] < 0.6 * rates[1])
        // What is read often is learned by longer steps, against which weights decay.
        let often = [10_000_000, 2_000_000, 300_000].map { rule($0, 120).configuration(of: model) }
        #expect(often[1].optimizer.learningRate > 1.3 * often[0].optimizer.learningRate)
        #expect(often[2].optimizer.learningRate > 1.3 * often[1].optimizer.learningRate)
        #expect(often.map { $0.optimizer.weightDecay } == [0, 0.1, 0.1])
    }

    @Test func tellsWhy() {
        let rule = TextRule(size: 152_089, time: .seconds(120))
        let reason = rule.reason(rule.configuration(of: rule.model(controller: .lstm, memory: .none)))
        #expect(reason.hasPrefix("for 152089 bytes and 120 seconds: 2 layers of 256 units, which read them about "))
        #expect(reason.hasSuffix("the rate falling to the end. Every part has a flag"))
    }
}
