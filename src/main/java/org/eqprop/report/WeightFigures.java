package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntBinaryOperator;
import org.eqprop.data.Shape;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Convolution;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.run.FigureName;

/** Figures of the weights: what the units of the first layer, or the channels, look for. */
final class WeightFigures {
  /** As many pixels and units as the notebook shows. */
  private static final int SHOWN = 100;

  private static final int TILES_A_ROW = 10;

  private static final int FILTERS = 64;
  private static final int FILTERS_A_ROW = 8;

  /** The channels below and above whose filters are shown for a deeper link. */
  private static final int BELOW = 16;

  private static final int ABOVE = 8;

  private static final int LINKS = 6;

  /** The number of channels of an image in colour. */
  private static final int COLOURS = 3;

  private final Network network;
  private final ParameterLayout layout;
  private final float[] weights;

  WeightFigures(ModelFile model) {
    this.network = model.network();
    this.layout = model.weights().layout();
    this.weights = model.weights().values();
  }

  /** Returns the heading above the figures. */
  String title() {
    return network.link(1) instanceof Convolution ? "Filters" : "First layer of weights";
  }

  /**
   * Returns the figures.
   *
   * @param rows of an image
   * @param columns of an image
   */
  List<Figure> list(int rows, int columns) {
    List<Figure> figures = new ArrayList<>();
    for (int k = 1; k <= network.depth() && figures.size() < LINKS; k++) {
      if (network.link(k) instanceof Convolution link
          && Picture.room(link.kernel(), link.kernel()) > 0) {
        boolean seen = k == 1 && isShown(link.input().channels());
        figures.add(seen ? first(link) : deeper(k, link));
      }
    }
    return network.link(1) instanceof Convolution ? figures : dense(rows, columns);
  }

  /** Weights of grey images and of images in colour can be shown as images. */
  private static boolean isShown(int channels) {
    return channels == 1 || channels == COLOURS;
  }

  private Figure first(Convolution link) {
    ParameterLayout.Tensor tensor = layout.weight(1);
    double scale = Picture.scale(weights, tensor);
    int side = link.kernel();
    int count = Math.min(Math.min(FILTERS, link.channels()), Picture.room(side, side));
    boolean colour = link.input().channels() == COLOURS;
    Shape filter = new Shape(link.input().channels(), side, side);
    return Figure.pixels(
        FigureName.FILTERS.id() + "-1",
        "What channels look for",
        String.format(
            Locale.ROOT,
            "The %d × %d weights W_1 of %s: the part of an image to which it responds%s. A good result: edges, strokes and blobs; a channel"
                + " that looks like noise has learnt nothing.",
            side,
            side,
            some(count, link.channels()),
            colour ? ", in the image's colours, grey where the weights are 0" : ""),
        "Filters of the first layer's channels as images",
        mosaic(
            count, FILTERS_A_ROW, filter, scale, (t, i) -> tensor.from() + t * filter.size() + i),
        (colour ? Colours.RGB : Colours.DIVERGING).scale(scale));
  }

  private static String some(int count, int all) {
    if (count == all) {
      return all == 1 ? "the channel" : "each of the " + all + " channels";
    }
    return "each of the first " + count + " of " + all + " channels";
  }

  /**
   * Returns a picture of tiles.
   *
   * @param shape of a tile: grey, or red, green and blue
   * @param place returns the index of value i of tile t among the weights
   */
  private byte[] mosaic(int count, int across, Shape shape, double scale, IntBinaryOperator place) {
    int area = shape.area();
    return Picture.mosaic(
        count,
        Math.min(across, count),
        shape.height(),
        shape.width(),
        0,
        (t, row, column) -> {
          int i = row * shape.width() + column;
          float first = weights[place.applyAsInt(t, i)];
          return shape.channels() == COLOURS
              ? Picture.colour(
                  first,
                  weights[place.applyAsInt(t, i + area)],
                  weights[place.applyAsInt(t, i + 2 * area)],
                  scale)
              : Picture.diverging(first, scale);
        });
  }

  private Figure deeper(int k, Convolution link) {
    ParameterLayout.Tensor tensor = layout.weight(k);
    double scale = Picture.scale(weights, tensor);
    int side = link.kernel();
    int room = (int) Math.sqrt(Picture.room(side, side));
    int in = Math.min(Math.min(BELOW, link.input().channels()), room);
    int out = Math.min(Math.min(ABOVE, link.channels()), room);
    byte[] png =
        Picture.mosaic(
            in * out,
            in,
            side,
            side,
            0,
            (t, row, column) -> {
              int filter = t / in * link.input().channels() + t % in;
              int at = tensor.from() + (filter * side + row) * side + column;
              return Picture.diverging(weights[at], scale);
            });
    return Figure.pixels(
        FigureName.FILTERS.id() + "-" + k,
        "Filters of link " + k,
        String.format(
            Locale.ROOT,
            "W_%d, %d × %d each: from the %s channels below (across) to the %s above (down). A good result: some filters stand out; if all are"
                + " faint and alike, they are noise.",
            k,
            side,
            side,
            first(in, link.input().channels()),
            first(out, link.channels())),
        "Filters of link " + k + " by channels above and below",
        png,
        Colours.DIVERGING.scale(scale));
  }

  private static String first(int count, int all) {
    return count == all ? String.valueOf(all) : "first " + count + " of " + all;
  }

  private List<Figure> dense(int rows, int columns) {
    ParameterLayout.Tensor tensor = layout.weight(1);
    double scale = Picture.scale(weights, tensor);
    List<Figure> figures = new ArrayList<>();
    int channels = network.inputs() / (rows * columns);
    if (rows * columns * channels == network.inputs()
        && isShown(channels)
        && Picture.room(rows, columns) > 0) {
      figures.add(tiles(new Shape(channels, rows, columns), scale));
    }
    figures.add(
        Figure.pixels(
            FigureName.WEIGHTS_CORNER.id(),
            "Learned weight matrix (subset)",
            "The 100 input pixels with the largest weights (rows) by the first 100 hidden units (columns) of W_1. A good result: structure in the"
                + " columns. The other pixels are rarely lit, and keep their initial noise.",
            "Weights from 100 pixels to the first 100 units",
            Picture.part(weights, tensor, SHOWN, scale),
            Colours.DIVERGING.scale(scale)));
    return figures;
  }

  private Figure tiles(Shape image, double scale) {
    ParameterLayout.Tensor tensor = layout.weight(1);
    int count =
        Math.min(Math.min(SHOWN, network.size(1)), Picture.room(image.height(), image.width()));
    boolean colour = image.channels() == COLOURS;
    return Figure.pixels(
        FigureName.WEIGHTS_TILES.id(),
        "What hidden units look for",
        "Weights from the pixels to each of the first "
            + count
            + " units, drawn at the positions of the pixels"
            + (colour ? ", in their colours, grey where the weights are 0" : "")
            + ". A good result: strokes and blobs; a unit that looks like noise has learnt nothing.",
        "Weights from the pixels to each of the first hidden units as images",
        mosaic(count, TILES_A_ROW, image, scale, (unit, pixel) -> tensor.index(pixel, unit)),
        (colour ? Colours.RGB : Colours.DIVERGING).scale(scale));
  }
}
