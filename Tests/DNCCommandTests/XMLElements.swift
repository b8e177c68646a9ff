import Foundation
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

/// The elements of an XML document, with their attributes, in their order.
func xmlElements(of text: String) throws -> [(name: String, attributes: [String: String])] {
    let (parser, elements) = (XMLParser(data: Data(text.utf8)), Elements())
    parser.delegate = elements
    try #require(parser.parse(), "\(String(describing: parser.parserError)): \(text)")
    return elements.all
}

private final class Elements: NSObject, XMLParserDelegate {
    var all: [(name: String, attributes: [String: String])] = []
    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) { all.append((name, attributes)) }
}
