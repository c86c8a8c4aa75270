package dev.quire.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class SvgChartTest {
  private static final Axis BYTES = new Axis("memory", Unit.BYTES);
  private static final Axis PART = new Axis("miss ratio", Unit.PART);

  private static List<Element> elements(String svg, String name) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    NodeList found = document.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      elements.add((Element) found.item(i));
    }
    return elements;
  }

  /** The paths that are lines of the chart, not of its axes or legend. */
  private static List<String> lines(String svg) throws Exception {
    return elements(svg, "path").stream()
        .filter(path -> path.hasAttribute("fill"))
        .map(path -> path.getAttribute("d"))
        .toList();
  }

  @Test
  void linesLieWhereTheirValuesAre() throws Exception {
    double[] x = {0, 64 << 20, 128 << 20};
    double[] y = {1, 0.25, 0};
    SvgChart chart = new SvgChart("a <b> & c", BYTES, PART).line("one", x, y);
    String svg = chart.staircase("two", x, y).band("three", x, y, new double[] {1, 1, 1}).svg();
    assertThat(lines(svg))
        .containsExactly(
            "M80.0 40.0L428.0 274.0L776.0 352.0",
            "M80.0 40.0L428.0 40.0L428.0 274.0L776.0 274.0L776.0 352.0",
            "M80.0 40.0L428.0 40.0L776.0 40.0L776.0 352.0L428.0 274.0L80.0 40.0Z");
    assertThat(elements(svg, "text").stream().map(Element::getTextContent))
        .contains("a <b> & c", "memory", "miss ratio", "one", "two", "three")
        .contains("0 B", "64 MiB", "128 MiB", "0 %", "20 %", "100 %");
  }

  @Test
  void whatIsNotKnownIsAGap() throws Exception {
    double[] y = {1, Double.NaN, 1, 1, Double.NaN};
    SvgChart chart = new SvgChart("", BYTES, PART).line("", new double[] {0, 1, 2, 3, 4}, y);
    assertThat(lines(chart.svg())).containsExactly("M80.0 40.0M428.0 40.0L602.0 40.0");
  }

  @Test
  void aChartOfNothingIsAChart() throws Exception {
    SvgChart empty = new SvgChart("", BYTES, PART).line("none", new double[0], new double[0]);
    assertThat(lines(empty.svg())).containsExactly("");
    assertThat(elements(SvgChart.column(List.of(empty, empty)), "g")).hasSize(2);
  }

  @Test
  void ticksAreRoundNumbers() {
    assertThat(BYTES.ticks(100 << 20)).hasSize(8).endsWith(7.0 * (16 << 20));
    assertThat(PART.ticks(0.83)).containsExactly(0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0);
    assertThat(new Axis("", Unit.COUNT).ticks(7e9)).endsWith(7e9);
    assertThat(PART.ticks(0)).startsWith(0.0).endsWith(1.0);
    assertThat(Unit.BYTES.written(1.5 * (1L << 30))).isEqualTo("1.5 GiB");
    assertThat(Unit.BYTES.written(0)).isEqualTo("0 B");
    assertThat(Unit.COUNT.written(2_500_000)).isEqualTo("2.5 M");
    assertThat(Unit.COUNT.written(100)).isEqualTo("100");
    assertThat(Unit.SECONDS.written(0.05)).isEqualTo("0.05 s");
    assertThat(Unit.PART.written(0.6000000000000001)).isEqualTo("60 %");
  }
}
