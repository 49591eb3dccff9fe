package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class LineChartTest {
  private static Document parsed(LineChart chart) throws Exception {
    byte[] svg = Svg.alone(chart.svg()).getBytes(StandardCharsets.UTF_8);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg));
  }

  private static Element line(Document chart, int index) {
    return (Element) chart.getElementsByTagName("polyline").item(index);
  }

  @Test
  void placesPointsAtTheirValues() throws Exception {
    Document chart =
        parsed(
            new LineChart("a < b", "x & y", "\"y\"")
                .line("one", "c0", List.of(1.0, 2.0, 3.0), List.of(0.0, 5.0, 10.0)));
    // x from 62 to 466; y from 258 at the bottom to 12.
    assertThat(line(chart, 0).getAttribute("points")).isEqualTo("62,258 264,135 466,12");
    assertThat(line(chart, 0).getAttribute("data-y")).isEqualTo("0 5 10");
    assertThat(chart.getDocumentElement().getAttribute("aria-label")).isEqualTo("a < b");
  }

  private static List<Element> errors(Document chart) {
    NodeList lines = chart.getElementsByTagName("line");
    return IntStream.range(0, lines.getLength())
        .mapToObj(i -> (Element) lines.item(i))
        .filter(line -> line.getAttribute("class").startsWith("error"))
        .toList();
  }

  /** Three points: the first has no error, the error of the last is unknown. */
  @Test
  void errorBarsReachFromYMinusErrorToYPlusError() throws Exception {
    List<Double> x = List.of(1.0, 2.0, 3.0);
    List<Double> y = List.of(0.0, 5.0, 10.0);
    Document chart =
        parsed(
            new LineChart("t", "x", "y")
                .line("one", "c0", x, y)
                .bars("c0", x, y, List.of(0.0, 1.0, Double.NaN)));
    assertThat(errors(chart)).hasSize(1);
    Element bar = errors(chart).get(0);
    assertThat(bar.getAttribute("class")).isEqualTo("error c0");
    assertThat(bar.getAttribute("x1")).isEqualTo("264");
    assertThat(bar.getAttribute("x2")).isEqualTo("264");
    assertThat(bar.getAttribute("y1")).isEqualTo("159.6"); // 4 of 10
    assertThat(bar.getAttribute("y2")).isEqualTo("110.4");
  }

  @Test
  void axisHasRoomForErrorBarsAndALogarithmicOneKeepsThemAboveZero() throws Exception {
    List<Double> x = List.of(1.0, 2.0);
    List<Double> y = List.of(1.0, 10.0);
    Document chart =
        parsed(
            new LineChart("t", "x", "y")
                .logarithmic()
                .line("one", "c0", x, y)
                .bars("c0", x, y, List.of(2.0, 90.0)));
    assertThat(errors(chart)).hasSize(2);
    assertThat(errors(chart).get(0).getAttribute("y1")).isEqualTo("258"); // starts at y itself
    assertThat(errors(chart).get(1).getAttribute("y2")).isEqualTo("12"); // 100, the end of the axis
  }

  @ParameterizedTest
  @CsvSource({"2000, '2,000', 460.75", "1000000, '1,000,000', 445.35", "10, 10, 466"})
  void doesNotCutOffTheLastLabelOfTheHorizontalAxis(double last, String label, String at)
      throws Exception {
    Document chart =
        parsed(
            new LineChart("t", "x", "y").line("one", "c0", List.of(0.0, last), List.of(0.0, 1.0)));
    NodeList texts = chart.getElementsByTagName("text");
    List<Element> labels =
        IntStream.range(0, texts.getLength())
            .mapToObj(i -> (Element) texts.item(i))
            .filter(text -> text.getTextContent().equals(label))
            .toList();
    assertThat(labels).extracting(text -> text.getAttribute("x")).containsExactly(at);
  }

  @Test
  void placesDotsAtTheirValuesAndPassesTheValuesToTheScript() throws Exception {
    Document chart =
        parsed(
            new LineChart("t", "x", "y (%)")
                .logarithmicAcross()
                .dots(
                    "one each",
                    "soft",
                    List.of(0.01, 0.1, 1.0),
                    List.of(0.0, 5.0, 10.0),
                    List.of("a", "b < c", "d")));
    // x from 62 to 466; y from 258 to 30, below a row of the legend.
    assertThat(line(chart, 0).getAttribute("points")).isEqualTo("62,258 264,144 466,30");
    assertThat(line(chart, 0).getAttribute("data-x")).isEqualTo("0.01 0.1 1");
    assertThat(line(chart, 0).getAttribute("data-name")).isEqualTo("y (%)");
    NodeList circles = chart.getElementsByTagName("circle");
    assertThat(circles.getLength()).isEqualTo(4);
    Element middle = (Element) circles.item(1);
    assertThat(middle.getAttribute("cx") + " " + middle.getAttribute("cy")).isEqualTo("264 144");
    assertThat(middle.getTextContent()).isEqualTo("b < c");
    assertThat(chart.getDocumentElement().getAttribute("data-bottom")).isEqualTo("258");
  }

  @Test
  void namesAreBelowTheirPlacesAndSlantedIfTheyDoNotFit() throws Exception {
    for (String name : List.of("b c", "a name of some length")) {
      Document chart =
          parsed(
              new LineChart("t", "x", "y")
                  .across(List.of("a", name, "d", "e"))
                  .line("one", "c0", List.of(0.0, 1.0), List.of(0.0, 10.0)));
      boolean isLong = name.length() > 3;
      // Four places of 101 pixels from 62 on.
      assertThat(line(chart, 0).getAttribute("points")).isEqualTo("112.5,258 213.5,12");
      assertThat(line(chart, 0).getAttribute("data-x"))
          .isEqualTo("a " + name.replace(' ', '\u00a0'));
      assertThat(chart.getDocumentElement().getAttribute("viewBox"))
          .isEqualTo(isLong ? "0 0 480 385.2" : "0 0 480 300");
      NodeList texts = chart.getElementsByTagName("text");
      assertThat(
              IntStream.range(0, texts.getLength())
                  .mapToObj(i -> (Element) texts.item(i))
                  .filter(text -> text.getAttribute("transform").endsWith("rotate(-37)")))
          .hasSize(isLong ? 4 : 0);
    }
  }

  @Test
  void aLogarithmicAxisOmitsValuesNotAboveZeroAndEveryAxisOmitsNaN() throws Exception {
    Document chart =
        parsed(
            new LineChart("t", "x", "y")
                .logarithmic()
                .line(
                    "one",
                    "c0",
                    List.of(1.0, 2.0, 3.0, 4.0, 5.0),
                    List.of(0.0, 1.0, Double.NaN, 10.0, 100.0)));
    assertThat(line(chart, 0).getAttribute("data-x")).isEqualTo("2");
    assertThat(line(chart, 1).getAttribute("data-x")).isEqualTo("4 5");
    assertThat(line(chart, 1).getAttribute("points")).isEqualTo("331.33,135 466,12");
  }

  @Test
  void drawsChartsOfFewOrEqualPoints() throws Exception {
    for (boolean log : new boolean[] {true, false}) {
      for (List<Double> y :
          List.of(
              List.<Double>of(),
              List.of(5.0),
              List.of(5.0, 5.0),
              List.of(0.0, 0.0),
              List.of(-3.0, -3.0),
              List.of(1e-30, 1e30),
              List.of(30.551, Math.nextUp(30.551)),
              List.of(Double.NaN, Double.POSITIVE_INFINITY))) {
        LineChart chart = new LineChart("t", "x", "y");
        if (log) {
          chart.logarithmic();
        }
        List<Double> x = y.size() < 2 ? Collections.nCopies(y.size(), 1.0) : List.of(1.0, 2.0);
        assertThat(parsed(chart.line("one", "c0", x, y)).getElementsByTagName("text").getLength())
            .isBetween(4, 40);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 10 | 0 2 4 6 8 10",
        "0 | 0.3 | 0.00 0.05 0.10 0.15 0.20 0.25 0.30",
        "0 | 100000 | 0 20,000 40,000 60,000 80,000 100,000",
        "0 | 3e-4 | 0 5e-5 1e-4 1.5e-4 2e-4 2.5e-4 3e-4",
        "12340 | 12343 | 12,340.0 12,340.5 12,341.0 12,341.5 12,342.0 12,342.5 12,343.0",
        "-0.4 | 0.4 | -0.4 -0.2 0.0 0.2 0.4"
      })
  void ticksOfALinearAxisAreRound(double least, double most, String marks) {
    Axis axis = Axis.linear(least, most, false);
    assertThat(String.join(" ", axis.ticks().stream().map(axis::label).toList())).isEqualTo(marks);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.5 | 90 | 0.5 1 2 5 10 20 50 100",
        "3 | 4 | 2 5",
        "1e-7 | 1 | 1e-7 1e-6 1e-5 1e-4 0.001 0.01 0.1 1"
      })
  void ticksOfALogarithmicAxisAreRound(double least, double most, String marks) {
    Axis axis = Axis.logarithmic(least, most);
    assertThat(String.join(" ", axis.ticks().stream().map(axis::label).toList())).isEqualTo(marks);
  }

  @Test
  void downsamplesALongCurveToItsEndsAndExtremes() throws Exception {
    int count = 200_000;
    List<Double> x = new java.util.ArrayList<>();
    List<Double> y = new java.util.ArrayList<>();
    for (int i = 1; i <= count; i++) {
      x.add((double) i);
      y.add(i == 123_456 ? 900.0 : i == 77_777 ? 0.001 : 50 + Math.sin(i));
    }
    Document chart = parsed(new LineChart("t", "x", "y").line("one", "c0", x, y));
    List<String> drawn = List.of(line(chart, 0).getAttribute("data-x").split(" "));
    assertThat(drawn)
        .hasSizeBetween(Downsampling.MOST / 2, Downsampling.MOST)
        .startsWith("1")
        .endsWith("200000")
        .contains("123456", "77777");
    assertThat(List.of(line(chart, 0).getAttribute("data-y").split(" "))).contains("900", "0.001");
  }

  @Test
  void aLongCurveIsStillBrokenWhereAValueIsMissing() throws Exception {
    List<Double> x = new java.util.ArrayList<>();
    List<Double> y = new java.util.ArrayList<>();
    for (int i = 1; i <= 10_000; i++) {
      x.add((double) i);
      y.add(i == 5000 ? Double.NaN : 1.0 / i);
    }
    Document chart = parsed(new LineChart("t", "x", "y").line("one", "c0", x, y));
    assertThat(chart.getElementsByTagName("polyline").getLength()).isEqualTo(2);
    assertThat(Downsampling.note(1000)).isEmpty();
    assertThat(Downsampling.note(10_000))
        .startsWith("Of 10,000 epochs, each curve shows at most 1,000");
  }

  @Test
  void doesNotDrawNumbersBeyondAnyScale() throws Exception {
    Document chart =
        parsed(
            new LineChart("t", "x", "y")
                .line(
                    "one",
                    "c0",
                    List.of(1.0, 2.0, 3.0, Double.POSITIVE_INFINITY, 5.0),
                    List.of(-1e308, 1.0, 1e308, 2.0, Double.NEGATIVE_INFINITY)));
    assertThat(chart.getElementsByTagName("polyline").getLength()).isEqualTo(1);
    assertThat(line(chart, 0).getAttribute("data-x")).isEqualTo("2");
  }

  @Test
  void downsamplingKeepsASpikeWhereverItIs() {
    for (int spike = 0; spike < 1500; spike++) {
      List<Double> values = new java.util.ArrayList<>(Collections.nCopies(1500, 1.0));
      values.set(spike, 2.0);
      assertThat(Downsampling.kept(values, Double::isFinite))
          .contains(spike)
          .hasSizeLessThanOrEqualTo(Downsampling.MOST);
    }
  }
}
