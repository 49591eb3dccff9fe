package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;

class GridChartsTest {
  private static Map<String, byte[]> pictures(String text, int epochs) throws IOException {
    Grid grid = GridFile.parse(text, "g", null).grid(Storage.local());
    Map<Integer, PointResult> results = new HashMap<>();
    for (Point point : grid.points()) {
      List<Double> errors = Collections.nCopies(epochs, 0.02 + 0.001 * point.index());
      results.put(
          point.index(),
          new PointResult(point.index(), new Curve(errors, errors, errors), 1, null));
    }
    Objective objective = Objective.VALIDATION_ERROR;
    return new GridCharts(grid, objective, Summary.of(grid, objective, results)).draw();
  }

  private static int colours(byte[] png) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    assertThat(image.getWidth()).isEqualTo(900);
    Map<Integer, Integer> colours = new TreeMap<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.merge(image.getRGB(x, y), 1, Integer::sum);
      }
    }
    return colours.size();
  }

  @Test
  void aPictureForEachAxisEachPairOfAxesAndTheCurves() throws IOException {
    Map<String, byte[]> pictures =
        pictures(
            """
            axes { estimator.beta = [0.1, 0.2], estimator.kind = [centered, random-sign] }
            zip = [{ relaxation.free-steps = [4, 8], relaxation.nudged-steps = [3, 6] }]
            """,
            3);
    assertThat(pictures)
        .containsOnlyKeys(
            "learning-curves.png",
            "axis-beta.png",
            "axis-kind.png",
            "axis-free-steps+nudged-steps.png",
            "heat-beta-kind.png",
            "heat-beta-free-steps+nudged-steps.png",
            "heat-kind-free-steps+nudged-steps.png");
    for (byte[] picture : pictures.values()) {
      assertThat(colours(picture)).as("something is drawn").isGreaterThan(20);
    }
  }

  @Test
  void valuesThatAreDrawnDoNotRecurAndMakeNoHeatMap() throws IOException {
    String text =
        """
        random {
          samples = 20
          ranges { estimator.beta { uniform = [0.1, 0.4] }, training.decay { uniform = [0.9, 1] } }
        }
        """;
    assertThat(pictures(text, 2))
        .containsOnlyKeys("learning-curves.png", "axis-beta.png", "axis-decay.png");
  }

  @Test
  void oneSettingOfOneEpochIsDrawnTooAndNothingWhereNothingIsKnown() throws IOException {
    assertThat(pictures("axes { estimator.beta = [0.1] }", 1))
        .containsOnlyKeys("learning-curves.png", "axis-beta.png");
    assertThat(pictures("axes { estimator.beta = [0.1] }", 0)).isEmpty();
  }
}
