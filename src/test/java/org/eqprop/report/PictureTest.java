package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.eqprop.data.Shape;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.eqprop.run.TestFindings;
import org.junit.jupiter.api.Test;

/** Pixels show the right numbers: of their filter and channel, not transposed or mirrored. */
class PictureTest {

  /** A convolution of 2 × 2 weights over 6 × 5 pixels, a second one, and a dense layer. */
  private static Weights weights(int channels, int first, int second) {
    Shape input = new Shape(channels, 6, 5);
    Convolution one = Convolution.plain(input, first, 2, 1, 0);
    Convolution two = Convolution.plain(one.output(), second, 3, 1, 0);
    List<Link> links = List.of(one, two, new Dense(two.outputs(), 2));
    Network network =
        new Network(
            input,
            List.of(
                new Layer(one.output(), Range.HARD_SIGMOID, 1),
                new Layer(two.output(), Range.HARD_SIGMOID, 1),
                new Layer(2)),
            links,
            new SquaredError());
    return numbered(network);
  }

  /** Weights that take 97 sizes in 0 … 1 in turn, with alternating signs. */
  private static Weights numbered(Network network) {
    float[] values = new float[network.parameterCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 2 == 0 ? 1 : -1) * (float) (i % 97 + 1) / 97;
    }
    return new Weights(network, values);
  }

  private static BufferedImage picture(Figure figure) throws IOException {
    String data =
        figure.body().replaceAll("(?s).*class=\"weights\" src=\"[^,]*,([^\"]*)\".*", "$1");
    return image(Base64.getDecoder().decode(data));
  }

  private static BufferedImage image(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  private static List<Figure> figures(Weights weights) {
    return new WeightFigures(new ModelFile(weights, Map.of())).list(6, 5);
  }

  private static int shown(Weights weights, int k, int index, double scale) {
    ParameterLayout.Tensor tensor = weights.layout().weight(k);
    return Picture.diverging(weights.values()[tensor.from() + index], scale);
  }

  private static double scale(Weights weights, int k) {
    return Picture.scale(weights.values(), weights.layout().weight(k));
  }

  @Test
  void showsAFilterOfGreyImagesAsATilePerChannel() throws IOException {
    Weights weights = weights(1, 10, 2);
    List<Figure> figures = figures(weights);
    assertThat(figures).extracting(Figure::id).containsExactly("filters-1", "filters-2");
    BufferedImage picture = picture(figures.get(0));
    assertThat(picture.getWidth()).isEqualTo(8 * 3 - 1);
    assertThat(picture.getHeight()).isEqualTo(2 * 3 - 1);
    for (int o = 0; o < 10; o++) {
      for (int a = 0; a < 2; a++) {
        for (int b = 0; b < 2; b++) {
          assertThat(picture.getRGB(o % 8 * 3 + b, o / 8 * 3 + a))
              .as("W_1[%d, 0, %d, %d]", o, a, b)
              .isEqualTo(shown(weights, 1, (o * 2 + a) * 2 + b, scale(weights, 1)));
        }
      }
    }
    assertThat(picture.getRGB(2, 0)).as("between tiles").isZero();
    assertThat(picture.getRGB(2 * 3, 3)).as("after the last tile").isZero();
    assertThat(figures.get(0).good()).contains("2 × 2 weights W_1 of each of the 10 channels");
  }

  @Test
  void showsAFilterOfColourImagesInColour() throws IOException {
    Weights weights = weights(3, 4, 2);
    Figure figure = figures(weights).get(0);
    BufferedImage picture = picture(figure);
    float[] w = weights.values();
    for (int o = 0; o < 4; o++) {
      for (int a = 0; a < 2; a++) {
        for (int b = 0; b < 2; b++) {
          int red = o * 12 + a * 2 + b;
          assertThat(picture.getRGB(o * 3 + b, a))
              .as("W_1[%d, …, %d, %d]", o, a, b)
              .isEqualTo(Picture.colour(w[red], w[red + 4], w[red + 8], scale(weights, 1)));
        }
      }
    }
    assertThat(figure.good()).contains("grey where the weights are 0");
    assertThat(Picture.colour(1, -1, 0, 1)).isEqualTo(0xffff0080);
    assertThat(Picture.colour(-9, 0.5, 9, 1)).isEqualTo(0xff00bfff);
  }

  @Test
  void deeperFiltersHaveChannelsBelowAcrossAndChannelsAboveDown() throws IOException {
    Weights weights = weights(1, 4, 3);
    BufferedImage picture = picture(figures(weights).get(1));
    assertThat(picture.getWidth()).isEqualTo(4 * 4 - 1);
    assertThat(picture.getHeight()).isEqualTo(3 * 4 - 1);
    for (int o = 0; o < 3; o++) {
      for (int i = 0; i < 4; i++) {
        assertThat(picture.getRGB(i * 4 + 2, o * 4 + 1))
            .as("W_2[%d, %d, 1, 2]", o, i)
            .isEqualTo(shown(weights, 2, ((o * 4 + i) * 3 + 1) * 3 + 2, scale(weights, 2)));
      }
    }
  }

  @Test
  void showsOnlyTheFirstOfManyChannelsAndSaysSo() throws IOException {
    List<Figure> figures = figures(weights(2, 70, 20));
    assertThat(figures)
        .extracting(Figure::title)
        .containsExactly("Filters of link 1", "Filters of link 2");
    assertThat(figures.get(0).good()).contains("from the 2 channels below", "the first 8 of 70");
    assertThat(figures.get(1).good()).contains("the first 16 of 70 channels", "the first 8 of 20");
    assertThat(picture(figures.get(1)).getWidth()).isEqualTo(16 * 4 - 1);
    Figure first = figures(weights(1, 70, 20)).get(0);
    assertThat(first.good()).contains("each of the first 64 of 70 channels");
    assertThat(picture(first).getHeight()).isEqualTo(8 * 3 - 1);
  }

  @Test
  void showsThePixelsWithTheLargestWeights() throws IOException {
    Network network = Network.of(150, 12, 2);
    float[] rising = new float[network.parameterCount()];
    for (int i = 0; i < rising.length; i++) {
      rising[i] = i;
    }
    Weights weights = new Weights(network, rising);
    BufferedImage part = picture(figures(weights).get(0));
    assertThat(part.getHeight()).isEqualTo(100);
    double scale = scale(weights, 1);
    for (int row : new int[] {0, 99}) {
      assertThat(part.getRGB(5, row)).isEqualTo(shown(weights, 1, (50 + row) * 12 + 5, scale));
    }
  }

  @Test
  void showsADenseUnitAsATile() throws IOException {
    for (int channels : new int[] {1, 3}) {
      Weights weights = numbered(Network.of(30 * channels, 12, 2));
      float[] w = weights.values();
      Figure figure = figures(weights).get(0);
      assertThat(figure.id()).isEqualTo("weights-tiles");
      BufferedImage picture = picture(figure);
      double scale = scale(weights, 1);
      for (int unit = 0; unit < 12; unit++) {
        int at = (4 * 5 + 2) * 12 + unit;
        assertThat(picture.getRGB(unit % 10 * 6 + 2, unit / 10 * 7 + 4))
            .isEqualTo(
                channels == 1
                    ? Picture.diverging(w[at], scale)
                    : Picture.colour(w[at], w[at + 360], w[at + 720], scale));
      }
      BufferedImage corner = picture(figures(weights).get(1));
      assertThat(corner.getRGB(5, 3))
          .as("W_1[3, 5]")
          .isEqualTo(shown(weights, 1, 3 * 12 + 5, scale));
    }
  }

  @Test
  void showsAFeatureMapAsATilePerChannel() throws IOException {
    float[] states = new float[9 * 2 * 30];
    for (int i = 0; i < states.length; i++) {
      states[i] = (float) i / states.length - 0.5f;
    }
    TestFindings.FeatureMaps maps = TestFindings.FeatureMaps.of(1, 2, 30, states);
    assertThat(maps.count()).isEqualTo(9);
    assertThat(maps.largest()).isEqualTo(0.5);
    double[] relative = maps.relative();
    assertThat(relative[0]).isEqualTo(-1);
    assertThat(relative[400]).isBetween(0.478, 0.486);
    BufferedImage picture = image(MapFigures.mosaic(9, 2, 30, relative));
    for (int c = 0; c < 9; c++) {
      assertThat(picture.getRGB(c % 8 * 31 + 7, c / 8 * 3 + 1))
          .isEqualTo(Picture.diverging(relative[c * 60 + 30 + 7], 1));
    }
    BufferedImage small = image(MapFigures.mosaic(1, 4, 6, relative));
    assertThat(small.getWidth()).as("four points per pixel").isEqualTo(24);
    assertThat(small.getRGB(4 * 5 + 3, 4 * 2)).isEqualTo(Picture.diverging(relative[2 * 6 + 5], 1));
    assertThat(TestFindings.FeatureMaps.of(1, 1, 2, new float[2]).relative()).containsExactly(0, 0);
  }

  @Test
  void showsAnExampleInGreyOrInColour() throws IOException {
    BufferedImage grey = image(Picture.example(new byte[] {0, 1, 2, (byte) 200, 4, 5}, 2, 3));
    assertThat(grey.getRGB(0, 1)).isEqualTo(0xffc8c8c8);
    assertThat(grey.getRGB(2, 0)).isEqualTo(0xff020202);
    byte[] pixels = {10, 20, 30, 40, 50, 60, (byte) 210, (byte) 220, (byte) 230, 1, 2, 3};
    pixels = Arrays.copyOf(pixels, 18);
    pixels[15] = (byte) 255;
    BufferedImage colour = image(Picture.example(pixels, 2, 3));
    assertThat(colour.getRGB(0, 1)).isEqualTo(0xff2801ff);
    assertThat(colour.getRGB(2, 0)).isEqualTo(0xff1ee600);
  }
}
