package org.eqprop.report;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A figure of a report.
 *
 * @param id of the element; also the name of the file
 * @param title text; its first letter is shown as a capital
 * @param good a sentence that says what a good figure looks like
 * @param body HTML
 * @param file the picture as a separate file; null if there is none
 */
public record Figure(String id, String title, String good, String body, @Nullable File file) {

  /** The picture of a figure as a file. */
  public static final class File {
    private final String ending;
    private final byte[] bytes;

    /**
     * @param ending the extension, svg or png
     * @param bytes the contents of the file; not copied
     */
    File(String ending, byte[] bytes) {
      this.ending = ending;
      this.bytes = bytes;
    }
  }

  /** Returns a figure of lines or dots. */
  public static Figure chart(String id, String title, String good, LineChart chart) {
    return picture(id, title, good, chart.svg());
  }

  /** Returns a figure of a heat map. */
  public static Figure heatMap(String id, String title, String good, HeatMap map) {
    return html(id, title, good, map.svg(), map.svg());
  }

  /** Returns a figure of a chart. */
  static Figure picture(String id, String title, String good, String svg) {
    return html(id, title, good, svg + "<div class=\"values\"></div>", svg);
  }

  /** Returns a figure of HTML, without a file. */
  static Figure html(String id, String title, String good, String body) {
    return new Figure(id, title, good, body, null);
  }

  /**
   * Returns a figure of HTML, with a picture as its file.
   *
   * @param svg the same contents as a picture
   */
  static Figure html(String id, String title, String good, String body, String svg) {
    return new Figure(
        id, title, good, body, new File("svg", Svg.alone(svg).getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Returns a figure of pixels.
   *
   * @param alt describes the picture
   * @param png the picture
   * @param scale HTML below the picture that explains its colours
   */
  static Figure pixels(String id, String title, String good, String alt, byte[] png, String scale) {
    return new Figure(
        id,
        title,
        good,
        "<img class=\"weights\" src=\"" + Picture.uri(png) + "\" alt=\"" + alt + "\">" + scale,
        new File("png", png));
  }

  /** Returns the files of the figures that have one, by name. */
  public static Map<String, byte[]> files(List<Figure> figures) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Figure figure : figures) {
      File file = figure.file;
      if (file != null) {
        files.put(figure.id + "." + file.ending, file.bytes);
      }
    }
    return files;
  }

  /** Returns the figure as an HTML element. */
  public String element() {
    return String.format(
        Locale.ROOT,
        "<figure id=\"%s\"><figcaption><b>%s</b>%s</figcaption>%s</figure>",
        id,
        Svg.escape(title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1)),
        Svg.escape(good),
        body);
  }
}
