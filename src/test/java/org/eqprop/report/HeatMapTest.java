package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class HeatMapTest {
  private static Document parsed(HeatMap map) throws Exception {
    byte[] svg = Svg.alone(map.svg()).getBytes(StandardCharsets.UTF_8);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg));
  }

  private static List<Element> elements(Document svg, String name) {
    NodeList nodes = svg.getElementsByTagName(name);
    return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
  }

  /** Returns the cell with this text, which pointing at it shows. */
  private static Element cell(Document svg, String told) {
    Element group =
        elements(svg, "g").stream()
            .filter(g -> g.getElementsByTagName("title").item(0).getTextContent().equals(told))
            .findFirst()
            .orElseThrow();
    return (Element) group.getElementsByTagName("rect").item(0);
  }

  private static double number(Element element, String attribute) {
    return Double.parseDouble(element.getAttribute(attribute));
  }

  private static HeatMap map() {
    return new HeatMap("a < b", "x", List.of("0.1", "0.2", "0.3"), "y", List.of("low", "high"))
        .cell(0, 0, 2, "2.00")
        .cell(1, 0, 3, "3.00")
        .cell(2, 0, 2.5, "2.50")
        .cell(2, 1, 90, "90.00")
        .upTo(3);
  }

  @Test
  void placesCellsAtTheirNamesFromTheBottomUp() throws Exception {
    Document svg = parsed(map());
    assertThat(elements(svg, "g")).as("cells without a value are left out").hasSize(4);
    Element first = cell(svg, "0.1, low: 2.00");
    Element right = cell(svg, "0.2, low: 3.00");
    Element above = cell(svg, "0.3, high: 90.00");
    assertThat(number(right, "x") - number(first, "x")).isGreaterThan(40);
    assertThat(number(right, "y")).isEqualTo(number(first, "y"));
    assertThat(number(above, "y")).isLessThan(number(first, "y") - 40);
    List<Element> frames =
        elements(svg, "rect").stream()
            .filter(rect -> rect.getAttribute("class").equals("lowest"))
            .toList();
    assertThat(frames).hasSize(1);
    assertThat(number(frames.get(0), "x")).isLessThan(number(first, "x") + 1);
    assertThat(number(frames.get(0), "y")).isLessThan(number(first, "y") + 1);
  }

  @Test
  void coloursRangeFromBlueThroughNoneToOrange() throws Exception {
    Document svg = parsed(map());
    assertThat(cell(svg, "0.1, low: 2.00").getAttribute("class")).isEqualTo("bar f0");
    assertThat(number(cell(svg, "0.1, low: 2.00"), "fill-opacity")).isEqualTo(0.55);
    assertThat(number(cell(svg, "0.3, low: 2.50"), "fill-opacity")).isZero();
    for (String told : List.of("0.2, low: 3.00", "0.3, high: 90.00")) {
      assertThat(cell(svg, told).getAttribute("class")).isEqualTo("bar f1");
      assertThat(number(cell(svg, told), "fill-opacity")).isEqualTo(0.55);
    }
    assertThat(elements(svg, "text"))
        .extracting(Element::getTextContent)
        .contains("2.00", "from 3.00", "2.50", "90.00");
    Document same =
        parsed(new HeatMap("t", "x", List.of("1"), "y", List.of("1")).cell(0, 0, 5, "5"));
    assertThat(cell(same, "1, 1: 5").getAttribute("class")).isEqualTo("bar f0");
  }

  @Test
  void manyColumnsMakeItWideAndLongNamesAreSlantedAndShortened() throws Exception {
    List<String> names = new ArrayList<>(Collections.nCopies(20, "0.25"));
    HeatMap map = new HeatMap("t", "x", names, "y", List.of("a"));
    assertThat(parsed(map.cell(0, 0, 1, "1.00")).getDocumentElement().getAttribute("class"))
        .isEqualTo("chart wide");
    assertThat(map.svg()).doesNotContain("rotate(-37)").contains(">1.00</text>");
    names = new ArrayList<>(Collections.nCopies(200, "0.25"));
    names.set(0, "a name that is longer than any label may be");
    map = new HeatMap("t", "x", names, "y", List.of("another name that is too long"));
    String svg = map.cell(0, 0, 1, "1.00").cell(1, 0, 2, "2.00").svg();
    assertThat(svg)
        .contains("rotate(-37)", ">a name that is long…</text>", ">another name that i…</text>")
        .contains("<title>a name that is longer than any label may be, another")
        .as("no room for values")
        .doesNotContain(">2.00</text></g>");
  }
}
