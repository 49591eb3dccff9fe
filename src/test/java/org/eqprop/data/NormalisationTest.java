package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.junit.jupiter.api.Test;

class NormalisationTest {
  private static final Shape SHAPE = new Shape(3, 2, 2);
  private static final Normalisation MEASURED =
      new Normalisation(Normalisation.AUTO, Normalisation.AUTO);

  /** Returns images whose second channel is constant. */
  private static ByteExamples coloured(int count) {
    Random random = new Random(5);
    byte[] pixels = new byte[12 * count];
    for (int i = 0; i < pixels.length; i++) {
      int channel = i % 12 / 4;
      pixels[i] = (byte) (channel == 1 ? 77 : channel * 40 + random.nextInt(100));
    }
    return new ByteExamples(pixels, new byte[count], SHAPE);
  }

  private static FloatExamples normalised(Examples examples, Normalisation normalisation) {
    float[] values = new float[12 * examples.size()];
    for (int i = 0; i < examples.size(); i++) {
      examples.copyTo(i, values, 12 * i);
      normalisation.apply(values, 12 * i, SHAPE);
    }
    return new FloatExamples(values, new int[examples.size()], SHAPE);
  }

  @Test
  void everyChannelHasItsOwnNumbers() {
    float[] values = {9, 1, 2, 3, 4, 5, 6, 9};
    new Normalisation(List.of(1.0, 3.0, 5.0), List.of(2.0, 4.0, 8.0))
        .apply(values, 1, new Shape(3, 2, 1));
    assertThat(values).containsExactly(9, 0, 0.5f, 0, 0.25f, 0, 0.125f, 9);
    new Normalisation(List.of(), List.of(2.0)).apply(values, 6, new Shape(1, 2, 1));
    assertThat(values).endsWith(0.0625f, 4.5f);
    Normalisation.NONE.apply(values, 0, new Shape(1, 2, 4));
    assertThat(values).endsWith(0.0625f, 4.5f);
  }

  @Test
  void measuresTheNumbersOnTheTrainingImages() {
    byte[] pixels = {0, 51, 102, 102, (byte) 255, 0, 102, 102}; // 0, 0.2, 1, 0; 0.4
    Examples two = new ByteExamples(pixels, new byte[2], new Shape(2, 2, 1));
    assertThat(MEASURED.measured(two.statistics(), 2))
        .isEqualTo(new Normalisation(List.of(0.3, 0.4), List.of(0.412311, 1.0)));
    // √((1 + 0.04 + 4·0.16)/8 − 0.35²)
    assertThat(MEASURED.measured(two.statistics(), 1))
        .isEqualTo(new Normalisation(List.of(0.35), List.of(0.295804)));
    Normalisation given = new Normalisation(List.of(0.5, 0.5), Normalisation.AUTO);
    assertThat(given.measured(two.statistics(), 2).mean()).containsExactly(0.5, 0.5);
    assertThat(given.measured(two.statistics(), 2).deviation()).containsExactly(0.412311, 1.0);
  }

  @Test
  void theMedianMakesDarkAndLightBackgroundsZero() {
    Normalisation median = new Normalisation(Normalisation.MEDIAN, Normalisation.AUTO);
    assertThat(median).hasToString("mean median, deviation auto");
    byte[] dark = {0, 0, 0, 51, 0, 102};
    byte[] light = {-1, -1, -1, (byte) 204, -1, (byte) 153};
    Shape shape = new Shape(1, 3, 2);
    Normalisation onDark =
        median.measured(new ByteExamples(dark, new byte[1], shape).statistics(), 1);
    Normalisation onLight =
        median.measured(new ByteExamples(light, new byte[1], shape).statistics(), 1);
    assertThat(onDark).isEqualTo(new Normalisation(List.of(0.0), List.of(0.152753)));
    assertThat(onLight).isEqualTo(new Normalisation(List.of(1.0), List.of(0.152753)));
    assertThatThrownBy(() -> median.apply(new float[6], 0, shape))
        .isInstanceOf(IllegalStateException.class);
    median.requireFor(SHAPE);
  }

  @Test
  void measuredNumbersDoNotDependOnThePartitions() {
    Examples bytes = coloured(60);
    Examples floats = normalised(bytes, new Normalisation(List.of(), List.of(3.0, 3.0, 3.0)));
    for (Examples examples : List.of(bytes, floats)) {
      Normalisation whole = MEASURED.measured(examples.statistics(), 3);
      assertThat(whole.deviation().get(1)).isOne();
      for (int parts : new int[] {2, 7, 60}) {
        InputStatistics sum =
            IntStream.range(0, parts)
                .mapToObj(part -> examples.slice(new Slice(0, 60).part(part, parts)).statistics())
                .reduce(InputStatistics.none(), InputStatistics::plus);
        assertThat(MEASURED.measured(sum, 3)).isEqualTo(whole);
      }
    }
  }

  @Test
  void normalisedImagesHaveMeanZeroAndDeviationOne() {
    Examples raw = coloured(60);
    Normalisation normalisation = MEASURED.measured(raw.statistics(), 3);
    InputStatistics after = normalised(raw, normalisation).statistics();
    for (int c = 0; c < 3; c++) {
      assertThat(after.channelMean(c, 3)).isCloseTo(0, within(1e-5));
      assertThat(after.channelDeviation(c, 3)).isCloseTo(c == 1 ? 0 : 1, within(1e-5));
    }
  }

  @Test
  void derivesTheStatisticsOfNormalisedImagesFromThoseOfRawOnes() {
    Examples raw = coloured(60);
    for (Normalisation normalisation :
        List.of(
            MEASURED.measured(raw.statistics(), 3),
            new Normalisation(List.of(0.5, -0.25, 2.0), List.of()),
            new Normalisation(List.of(0.25), List.of(0.5)))) {
      boolean each = normalisation.mean().size() == 3;
      Shape shape = each ? SHAPE : Shape.vector(12);
      float[] values = new float[12 * 60];
      for (int i = 0; i < 60; i++) {
        raw.copyTo(i, values, 12 * i);
        normalisation.apply(values, 12 * i, shape);
      }
      InputStatistics expected = new FloatExamples(values, new int[60], SHAPE).statistics();
      InputStatistics found = raw.statistics().normalised(normalisation);
      assertThat(found.mean()).containsExactly(expected.mean(), within(1e-5f));
      assertThat(found.energy()).isCloseTo(expected.energy(), within(1e-4));
      assertThat(found.commonEnergy()).isCloseTo(expected.commonEnergy(), within(1e-4));
      for (int c = 0; c < 3; c++) {
        assertThat(found.channelDeviation(c, 3))
            .isCloseTo(expected.channelDeviation(c, 3), within(1e-3));
      }
      assertThat(found.isConstant()).isFalse();
      assertThat(raw.pick(4, 4).statistics().normalised(normalisation).isConstant()).isTrue();
    }
  }

  @Test
  void refusesToApplyUnmeasuredNumbers() {
    assertThatThrownBy(() -> MEASURED.apply(new float[12], 0, SHAPE))
        .isInstanceOf(IllegalStateException.class);
    assertThat(MEASURED.isNone()).isFalse();
  }

  @Test
  void refusesSenselessNumbers() {
    for (double deviation : new double[] {0, -1, Double.POSITIVE_INFINITY, 1e-60}) {
      assertThatThrownBy(() -> new Normalisation(List.of(), List.of(deviation)))
          .isInstanceOf(InputException.class)
          .hasMessage("network.deviation = [" + deviation + "]: expected numbers above 0, or auto");
    }
    assertThatThrownBy(() -> new Normalisation(List.of(1e60), List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("network.mean = [1.0E60]: expected finite numbers");
    assertThatThrownBy(() -> new Normalisation(List.of(), List.of(1.0, 2.0)).requireFor(SHAPE))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "network.deviation = [1.0, 2.0]: expected 3 numbers, one per channel of 3 × 2 × 2,"
                + " [] or auto");
  }
}
