package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.eqprop.Idx;
import org.eqprop.base.Slice;
import org.junit.jupiter.api.Test;

class InputStatisticsTest {
  private static InputStatistics of(int... pixels) {
    byte[] bytes = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      bytes[i] = (byte) pixels[i];
    }
    return new ByteExamples(bytes, new byte[pixels.length / 2], Shape.image(1, 2)).statistics();
  }

  @Test
  void addsUpUnsignedPixels() {
    InputStatistics two = of(255, 0, 51, 255);
    assertThat(two.mean()).containsExactly(0.6f, 0.5f);
    assertThat(two.meanPixel()).isCloseTo(0.55, Offset.offset(1e-15));
    assertThat(two.energy()).isCloseTo((1 + 0.04 + 1) / 2, Offset.offset(1e-15));
    assertThat(two.commonEnergy()).isCloseTo(0.36 + 0.25, Offset.offset(1e-15));
  }

  @Test
  void doesNotDependOnThePartitioning() {
    Examples all = Idx.quadrants(101, 3);
    InputStatistics whole = all.statistics();
    for (int parts : new int[] {1, 2, 7, 101}) {
      InputStatistics sum =
          IntStream.range(0, parts)
              .mapToObj(part -> all.slice(new Slice(0, 101).part(part, parts)).statistics())
              .reduce(InputStatistics.none(), InputStatistics::plus);
      assertThat(sum.mean()).isEqualTo(whole.mean());
      assertThat(sum.energy()).isEqualTo(whole.energy());
      assertThat(sum.commonEnergy()).isEqualTo(whole.commonEnergy());
    }
  }

  @Test
  void recognisesIdenticalImages() {
    assertThat(of(0, 0, 0, 0, 0, 0).isConstant()).isTrue();
    assertThat(of(7, 255, 7, 255, 7, 255).isConstant()).isTrue();
    assertThat(of(7, 255, 7, 254, 7, 255).isConstant()).isFalse();
    assertThat(of(0, 0, 0, 0, 0, 0).energy()).isZero();
  }

  @Test
  void theMedianIsTheMiddlePixelOrTheLowerOfTwo() {
    assertThat(of(0, 0, 255, 51).channelMedian(0, 1)).isZero();
    assertThat(of(0, 255, 255, 51).channelMedian(0, 1)).isEqualTo(0.2);
    assertThat(of(255, 255, 255, 51).channelMedian(0, 1)).isOne();
    assertThat(of(0, 51).plus(of(51, 102, 0, 102)).channelMedian(0, 1)).isEqualTo(0.2);
    float[] values = {0.2f, 0.299f, 0.5019f, -7, 9, 8};
    FloatExamples colours = new FloatExamples(values, new int[1], new Shape(2, 3, 1));
    assertThat(colours.statistics().channelMedian(0, 2)).isEqualTo(76 / 255.0);
    assertThat(colours.statistics().channelMedian(1, 2)).isOne();
    assertThat(colours.statistics().channelMedian(0, 1)).isEqualTo(76 / 255.0);
    InputStatistics mixed = of(0, 51).plus(colours(0.4f, 0.4f, 0.4f, 1));
    assertThat(mixed.channelMedian(0, 1)).isEqualTo(0.4);
  }

  private static InputStatistics colours(float... values) {
    return new FloatExamples(values, new int[values.length / 2], Shape.image(1, 2)).statistics();
  }
}
