package org.eqprop.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.eqprop.storage.Storage;

/** A self-contained HTML page that follows the reader's light or dark mode. */
public final class Page {
  private static final String STYLE =
      resource("light.css")
          + "@media screen and (prefers-color-scheme: dark) {\n"
          + resource("dark.css")
          + "}\n"
          + resource("page.css")
          + resource("chart.css");

  private static final String GENERATOR = "<meta name=\"generator\" content=\"EqProp Spark\">";
  private static final int HEAD = 4096;

  private static final int WARNINGS = 10;

  private Page() {}

  /** Returns a resource of this package as text. */
  static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The contents of a page.
   *
   * @param title text
   * @param lead HTML below the title
   * @param main HTML
   * @param version changes whenever the contents change
   * @param live whether the page polls for newer contents
   */
  public record Contents(String title, String lead, String main, String version, boolean live) {}

  /** Escapes the characters of a text that have a meaning in HTML. */
  public static String escape(String text) {
    return Svg.escape(text);
  }

  /**
   * Returns whether a file is a page of this program, which may be overwritten.
   *
   * @throws org.eqprop.base.InputException if it cannot be read
   */
  static boolean isOurs(Storage storage, String file) {
    return new String(storage.start(file, HEAD), StandardCharsets.UTF_8).contains(GENERATOR);
  }

  /** Returns a short explanation of equilibrium propagation, folded until a reader opens it. */
  static String primer() {
    return resource("primer.html");
  }

  /** Returns a remark as a paragraph; empty if the text is empty. */
  static String note(String text) {
    return text.isEmpty() ? "" : "<p class=\"soft\">" + Svg.escape(text) + "</p>";
  }

  /**
   * Returns a banner of warnings; empty if there are none.
   *
   * @param lines one text per warning; of many, only the first are shown
   */
  public static String warnings(List<String> lines) {
    if (lines.isEmpty()) {
      return "";
    }
    StringBuilder html = new StringBuilder("<div id=\"warnings\" role=\"note\"><b>");
    html.append(lines.size() == 1 ? "Warning" : lines.size() + " warnings").append("</b><ul>");
    lines.stream()
        .limit(WARNINGS)
        .forEach(line -> html.append("<li>").append(Svg.escape(line)).append("</li>"));
    if (lines.size() > WARNINGS) {
      html.append("<li>… and ").append(lines.size() - WARNINGS).append(" more</li>");
    }
    return html.append("</ul></div>").toString();
  }

  /** Returns the page. */
  public static String html(Contents contents) {
    return String.join(
        "\n",
        List.of(
            "<!DOCTYPE html>",
            "<html lang=\"en\">",
            "<head>",
            "<meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            GENERATOR,
            "<link rel=\"icon\" href=\"data:,\">",
            "<title>" + Svg.escape(contents.title) + "</title>",
            "<style>" + STYLE + "</style>",
            "</head>",
            String.format(
                Locale.ROOT,
                "<body data-version=\"%s\" data-live=\"%s\">",
                Svg.escape(contents.version),
                contents.live ? "yes" : "no"),
            "<header><h1>" + Svg.escape(contents.title) + "</h1>" + contents.lead + "</header>",
            "<main>" + contents.main + "</main>",
            "<footer>Made by EqProp Spark."
                + (contents.main.contains("<svg ")
                    ? " To read the values of a chart, move over it, or tab to it and use the arrow keys."
                    : "")
                + "</footer>",
            "<script>" + resource("page.js") + "</script>",
            "</body>",
            "</html>",
            ""));
  }
}
