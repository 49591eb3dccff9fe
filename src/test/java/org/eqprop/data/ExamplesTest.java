package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import org.assertj.core.data.Offset;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExamplesTest {
  /** The shape of both test examples: two channels of 1 × 3. */
  private static final Shape SHAPE = new Shape(2, 1, 3);

  private static ByteExamples bytes() {
    byte[] pixels = {0, 51, (byte) 255, 102, (byte) 128, 3, 7, 8, 9, 10, 11, 12};
    return new ByteExamples(pixels, new byte[] {2, (byte) 200}, SHAPE);
  }

  private static FloatExamples floats() {
    float[] values = {-1, 0, 0.5f, 3, 1e-30f, 1e30f, 7, 8, 9, 10, 11, 12};
    return new FloatExamples(values, new int[] {1, 70_000}, SHAPE);
  }

  @Test
  void mapsBytesToZeroToOne() {
    byte[] pixels = new byte[256];
    float[] expected = new float[256];
    for (int i = 0; i < 256; i++) {
      pixels[i] = (byte) i;
      expected[i] = i / 255f;
    }
    Examples all = new ByteExamples(pixels, new byte[1], Shape.image(16, 16));
    assertThat(all.values(0)).isEqualTo(expected);
  }

  @Test
  void copiesExamplesToTheGivenPosition() {
    for (Examples examples : List.of(bytes(), floats())) {
      float[] target = new float[8];
      java.util.Arrays.fill(target, -5);
      examples.copyTo(1, target, 1);
      assertThat(target).startsWith(-5).endsWith(-5);
      assertThat(java.util.Arrays.copyOfRange(target, 1, 7)).isEqualTo(examples.values(1));
    }
    assertThat(floats().values(0)).containsExactly(-1, 0, 0.5f, 3, 1e-30f, 1e30f);
    assertThat(bytes().label(1)).isEqualTo(200);
    assertThat(floats().label(1)).isEqualTo(70_000);
  }

  @Test
  void slicesAndPicksContainTheChosenExamples() {
    for (Examples examples : List.of(bytes(), floats())) {
      Examples picked = examples.pick(1, 0, 1);
      assertThat(picked.size()).isEqualTo(3);
      assertThat(picked.shape()).isEqualTo(SHAPE);
      for (int i = 0; i < 3; i++) {
        int from = 1 - i % 2;
        assertThat(picked.values(i)).isEqualTo(examples.values(from));
        assertThat(picked.label(i)).isEqualTo(examples.label(from));
      }
      Examples second = examples.slice(new Slice(1, 2));
      assertThat(second.size()).isEqualTo(1);
      assertThat(second.values(0)).isEqualTo(examples.values(1));
      assertThat(second.label(0)).isEqualTo(examples.label(1));
      assertThat(examples.slice(new Slice(1, 1)).size()).isZero();
    }
  }

  private static byte[] serialized(Examples examples) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(examples);
    }
    return bytes.toByteArray();
  }

  @Test
  void serializationPreservesExamples() throws IOException, ClassNotFoundException {
    for (Examples examples : List.of(bytes(), floats())) {
      ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(serialized(examples)));
      Examples back = (Examples) in.readObject();
      assertThat(back.shape()).isEqualTo(SHAPE);
      assertThat(back.size()).isEqualTo(2);
      for (int i = 0; i < 2; i++) {
        assertThat(back.values(i)).isEqualTo(examples.values(i));
        assertThat(back.label(i)).isEqualTo(examples.label(i));
      }
    }
  }

  /**
   * Spark keeps examples in memory and on disk: MNIST takes 47 MB as bytes and would take 188 MB as
   * floats.
   */
  @Test
  void bytesTakeOneByteEach() throws IOException {
    int pixels = 1000 * 784;
    ByteExamples bytes = new ByteExamples(new byte[pixels], new byte[1000], Shape.image(28, 28));
    assertThat(serialized(bytes).length).isBetween(pixels + 1000, pixels + 1000 + 500);
    assertThat(serialized(Idx.floats(bytes)).length)
        .isBetween(4 * (pixels + 1000), 4 * (pixels + 1000) + 500);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void valuesMustBeFinite(float value) {
    float[] values = {1, 2, 3, 4, value, 6};
    assertThatThrownBy(() -> new FloatExamples(values, new int[2], Shape.vector(3), "table", 40))
        .isInstanceOf(InputException.class)
        .hasMessage("table: value 1 of example 41 is " + value + ": expected a finite number");
    assertThatThrownBy(() -> new FloatExamples(values, new int[2], Shape.vector(3)))
        .hasMessageStartingWith("examples: value 1 of example 1 is ");
  }

  @Test
  void labelsMustNotBeNegative() {
    assertThatThrownBy(
            () -> new FloatExamples(new float[2], new int[] {0, -3}, Shape.vector(1), "table", 40))
        .isInstanceOf(InputException.class)
        .hasMessage("table: label -3 of example 41: expected 0 or more");
  }

  @Test
  void arraySizesMustMatch() {
    assertThatThrownBy(() -> new ByteExamples(new byte[11], new byte[2], SHAPE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("11 pixels for 2 images of 2 × 1 × 3");
    assertThatThrownBy(() -> new FloatExamples(new float[13], new int[2], SHAPE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("13 values for 2 examples of 2 × 1 × 3");
    assertThatThrownBy(() -> new Shape(1, 0, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 × 0 × 3");
  }

  @Test
  void shapesMayBeLargerThanAnArray() {
    assertThat(Shape.image(28, 28)).hasToString("28 × 28");
    assertThat(new Shape(3, 32, 32)).hasToString("3 × 32 × 32");
    assertThat(new Shape(3, 32, 30).size()).isEqualTo(2880);
    assertThat(Shape.image(100_000, 100_000).count()).isEqualTo(10_000_000_000L);
    assertThatThrownBy(() -> Shape.image(100_000, 100_000).size())
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void countsClassesUpToTheLargestLabel() {
    assertThat(
            new FloatExamples(new float[4], new int[] {3, 0, 3, 1}, Shape.vector(1)).classCounts())
        .containsExactly(1, 1, 0, 2);
    assertThat(bytes().classCounts()).hasSize(201).contains(1);
    assertThat(ByteExamples.NONE.classCounts()).isEmpty();
  }

  @Test
  void picturesAreInColourOrTheMeanOfTheChannels() {
    ByteExamples grey =
        new ByteExamples(new byte[] {0, 1, 127, (byte) 255}, new byte[1], Shape.image(2, 2));
    assertThat(grey.picture(0)).containsExactly(0, 1, 127, 255);
    assertThat(bytes().picture(0)).containsExactly(51, 90, 129); // (51 + 128) / 2 = 89.5
    assertThat(floats().picture(0)).containsExactly(255, 0, 255);
    byte[] pixels = {1, 2, (byte) 200, 4, 5, 6};
    assertThat(new ByteExamples(pixels, new byte[1], new Shape(3, 1, 2)).picture(0))
        .isEqualTo(pixels);
  }

  @Test
  void statisticsOfFloatsUseTheirValues() {
    InputStatistics three =
        new FloatExamples(new float[] {-2, 0.5f, 4, 0.5f, 1, 0.5f}, new int[3], Shape.vector(2))
            .statistics();
    assertThat(three.mean()).containsExactly(1, 0.5f);
    assertThat(three.meanPixel()).isEqualTo(0.75);
    assertThat(three.energy()).isEqualTo((4 + 16 + 1 + 0.75) / 3);
    assertThat(three.commonEnergy()).isEqualTo(1.25);
    assertThat(three.isConstant()).isFalse();
  }

  @Test
  void statisticsOfBytesAndEqualFloatsAgree() {
    ByteExamples bytes = Idx.quadrants(50, 3);
    FloatExamples floats = Idx.floats(bytes);
    InputStatistics expected = bytes.statistics();
    InputStatistics mixed =
        bytes
            .slice(new Slice(0, 20))
            .statistics()
            .plus(floats.slice(new Slice(20, 50)).statistics());
    for (InputStatistics actual : List.of(floats.statistics(), mixed)) {
      assertThat(actual.energy()).isCloseTo(expected.energy(), Offset.offset(1e-6));
      assertThat(actual.commonEnergy()).isCloseTo(expected.commonEnergy(), Offset.offset(1e-6));
      assertThat(actual.mean()).containsExactly(expected.mean(), Offset.offset(1e-6f));
    }
  }

  @Test
  void constantPartsNeedNotMakeAConstantWhole() {
    FloatExamples examples =
        new FloatExamples(new float[] {1, 2, 1, 2, 3, 4}, new int[3], Shape.vector(2));
    InputStatistics twoAlike = examples.slice(new Slice(0, 2)).statistics();
    InputStatistics other = examples.slice(new Slice(2, 3)).statistics();
    assertThat(twoAlike.isConstant()).isTrue();
    assertThat(other.isConstant()).isTrue();
    assertThat(twoAlike.plus(twoAlike).isConstant()).isTrue();
    assertThat(twoAlike.plus(other).isConstant()).isFalse();
    assertThat(twoAlike.plus(other).plus(twoAlike).isConstant()).isFalse();
    assertThat(InputStatistics.none().plus(twoAlike).isConstant()).isTrue();
    assertThat(examples.slice(new Slice(1, 1)).statistics().plus(twoAlike).mean())
        .containsExactly(1, 2);
  }
}
