package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.eqprop.network.Network;
import org.eqprop.run.FigureName;
import org.eqprop.run.TestFindings;

/** Figures of feature maps: the states of channels at the free equilibrium of an example. */
final class MapFigures {
  private static final int A_ROW = 8;
  private static final int GAP = 0x50808080;

  /** Small channels are enlarged to about this size, so that the gaps between them stay thin. */
  private static final int SIDE = 24;

  private final TestFindings findings;
  private final Network network;

  MapFigures(TestFindings findings, Network network) {
    this.findings = findings;
    this.network = network;
  }

  /** Returns a figure per layer with channels, for each example that has maps. */
  List<Figure> list() {
    List<Figure> list = new ArrayList<>();
    for (int t = 0; t < findings.traces().size(); t++) {
      TestFindings.Trace trace = findings.traces().get(t);
      for (TestFindings.FeatureMaps maps : trace.maps()) {
        String id = FigureName.MAPS.id() + "-" + (t + 1) + "-" + maps.layer();
        list.add(figure(id, trace.example(), maps));
      }
    }
    return list;
  }

  private Figure figure(String id, TestFindings.Shown example, TestFindings.FeatureMaps maps) {
    double[] states = maps.relative();
    boolean signed = network.layer(maps.layer()).range().low() < 0;
    Figure figure =
        Figure.pixels(
            id,
            "Layer " + maps.layer() + ", " + NetworkFigures.name(example),
            String.format(
                Locale.ROOT,
                "%s of %d × %d at the free equilibrium. A good result: channels differ and show parts of the image; few are empty.",
                channels(maps),
                maps.height(),
                maps.width()),
            "States of the channels of layer " + maps.layer() + " as images",
            mosaic(maps.count(), maps.height(), maps.width(), states),
            (signed ? Colours.DIVERGING : Colours.RISING).scale(maps.largest()));
    return new Figure(
        figure.id(),
        figure.title(),
        figure.good(),
        NetworkFigures.thumb(findings, example) + figure.body(),
        figure.file());
  }

  private String channels(TestFindings.FeatureMaps maps) {
    int all = network.shape(maps.layer()).channels();
    if (maps.count() < all) {
      return "The first " + maps.count() + " of " + all + " channels";
    }
    return all == 1 ? "The channel" : "The " + all + " channels";
  }

  /**
   * Returns a picture with a tile per channel.
   *
   * @param states [count · height · width], −1 … 1
   */
  static byte[] mosaic(int count, int height, int width, double[] states) {
    int zoom = Math.max(1, SIDE / Math.max(height, width));
    return Picture.mosaic(
        count,
        Math.min(A_ROW, count),
        height * zoom,
        width * zoom,
        GAP,
        (channel, row, column) ->
            Picture.diverging(states[(channel * height + row / zoom) * width + column / zoom], 1));
  }
}
