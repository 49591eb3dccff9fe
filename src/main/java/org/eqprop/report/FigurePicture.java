package org.eqprop.report;

import java.util.List;
import java.util.Locale;
import org.eqprop.run.TestFindings;

/** Draws figures that are HTML on the page as pictures, for their files. */
final class FigurePicture {
  private static final int ACROSS = 4;
  private static final int SIDE = 112;
  private static final int CELL = 140;
  private static final int TEXT = 66;
  private static final int COUNT = 40;
  private static final double FULL = 0.5;

  private FigurePicture() {}

  private static String begin(int width, int height, String title) {
    return String.format(
        Locale.ROOT,
        "<svg viewBox=\"0 0 %d %d\" class=\"chart\" role=\"img\" aria-label=\"%s\">",
        width,
        height,
        Svg.escape(title));
  }

  /**
   * Returns examples with their true and predicted classes, four per row.
   *
   * @param rows height of an image in pixels
   * @param columns width of an image in pixels
   */
  static String images(String title, List<TestFindings.Shown> examples, int rows, int columns) {
    int down = (examples.size() + ACROSS - 1) / ACROSS;
    StringBuilder svg =
        new StringBuilder(begin(ACROSS * CELL, Math.max(1, down) * (SIDE + TEXT), title));
    for (int i = 0; i < examples.size(); i++) {
      TestFindings.Shown example = examples.get(i);
      double x = (i % ACROSS) * CELL + (CELL - SIDE) / 2.0;
      int row = i / ACROSS;
      double y = row * (SIDE + TEXT);
      svg.append(
          String.format(
              Locale.ROOT,
              "<image x=\"%s\" y=\"%s\" width=\"%d\" height=\"%d\" style=\"image-rendering: pixelated\" href=\"%s\"/>",
              Svg.number(x),
              Svg.number(y),
              SIDE,
              SIDE,
              Picture.uri(Picture.example(example.bytes(), rows, columns))));
      double middle = x + SIDE / 2.0;
      svg.append(Svg.text(middle, y + SIDE + 15, "middle", "name", "true " + example.truth()));
      svg.append(
          Svg.text(
              middle,
              y + SIDE + 31,
              "middle",
              example.isRight() ? "name" : "mistaken",
              "predicted " + example.predicted()));
      svg.append(
          Svg.text(
              middle,
              y + SIDE + 47,
              "middle",
              "tick",
              String.format(Locale.ROOT, "score %.2f", example.score())));
    }
    return svg.append("</svg>").toString();
  }

  /**
   * Returns the confusion matrix.
   *
   * @param confusion [class][predicted]
   */
  static String confusion(List<List<Integer>> confusion) {
    int classes = confusion.size();
    int side = COUNT * (classes + 1);
    StringBuilder svg = new StringBuilder(begin(side, side, "Confusion matrix"));
    for (int truth = 0; truth < classes; truth++) {
      int all = Math.max(1, confusion.get(truth).stream().mapToInt(Integer::intValue).sum());
      double y = COUNT * (truth + 1.0);
      svg.append(label(truth, COUNT / 2.0, y));
      svg.append(label(truth, COUNT * (truth + 1.5), 0));
      for (int c = 0; c < classes; c++) {
        int count = confusion.get(truth).get(c);
        svg.append(
            String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%s\" width=\"%d\" height=\"%d\" class=\"bar f0\" fill-opacity=\"%.3f\"/>",
                COUNT * (c + 1),
                Svg.number(y),
                COUNT,
                COUNT,
                shade(count, all, truth == c)));
        svg.append(Svg.text(COUNT * (c + 1.5), y + 25, "middle", "name", String.valueOf(count)));
      }
    }
    return svg.append("</svg>").toString();
  }

  private static String label(int label, double x, double y) {
    return Svg.text(x, y + 25, "middle", "tick", String.valueOf(label));
  }

  /** Returns how dark a cell is; cells off the diagonal are much darker than their share. */
  static double shade(int count, int all, boolean right) {
    double share = (double) count / Math.max(1, all);
    return right ? 0.35 * share : count == 0 ? 0 : Math.min(FULL, 0.08 + 8 * share);
  }
}
