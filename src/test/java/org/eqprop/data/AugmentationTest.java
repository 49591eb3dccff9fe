package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  private static final Shape SHAPE = new Shape(2, 3, 2);

  /** Returns images that all have the values 1 … 12. */
  private static FloatExamples images(int count, Shape shape) {
    float[] values = new float[12 * count];
    int[] labels = new int[count];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 12 + 1;
      labels[i / 12] = i / 12 % 7;
    }
    return new FloatExamples(values, labels, shape);
  }

  private static Examples augmented(Augmentation augmentation, int count, int... where) {
    return augmentation.applied(images(count, SHAPE), where[0], where[1], where[2]);
  }

  private static Set<List<Float>> seen(Examples examples) {
    Set<List<Float>> seen = new HashSet<>();
    for (int i = 0; i < examples.size(); i++) {
      seen.add(list(examples.values(i)));
    }
    return seen;
  }

  private static List<Float> list(float... values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  @Test
  void mirroringSwapsTheColumnsOfEveryChannel() {
    assertThat(seen(augmented(new Augmentation(0, true, 0, 0), 50, 1, 0, 0)))
        .containsExactlyInAnyOrder(
            list(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
            list(2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11));
  }

  @Test
  void shiftsMoveAllChannelsAlikeAndRepeatTheBorder() {
    assertThat(seen(augmented(new Augmentation(1, false, 0, 0), 300, 1, 0, 0)))
        .containsExactlyInAnyOrder(
            list(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
            list(3, 4, 5, 6, 5, 6, 9, 10, 11, 12, 11, 12), // one up
            list(1, 2, 1, 2, 3, 4, 7, 8, 7, 8, 9, 10),
            list(2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12), // one to the left
            list(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11),
            list(4, 4, 6, 6, 6, 6, 10, 10, 12, 12, 12, 12),
            list(3, 3, 5, 5, 5, 5, 9, 9, 11, 11, 11, 11),
            list(2, 2, 2, 2, 4, 4, 8, 8, 8, 8, 10, 10),
            list(1, 1, 1, 1, 3, 3, 7, 7, 7, 7, 9, 9));
  }

  /** Only the middle of the image stays in place. */
  @Test
  void turnsAndZoomsImagesAroundTheirMiddle() {
    Shape square = new Shape(2, 5, 5);
    float[] values = new float[50];
    for (int i = 0; i < 50; i++) { // rising to the right, and in the second channel downwards
      values[i] = i < 25 ? i % 5 : (i - 25) / 5;
    }
    Examples plain = new FloatExamples(values, new int[1], square);
    Set<Boolean> ways = new HashSet<>();
    for (int epoch = 0; epoch < 40; epoch++) {
      Examples turned = new Augmentation(0, false, 30, 0).applied(plain, 1, epoch, 0);
      float[] image = turned.values(0);
      // m + R(−φ)(p − m): in the middle column, one row below the middle, x is 2 + sin φ and
      // y is 2 + cos φ
      double sin = image[2 + 5 * 3] - 2;
      double cos = image[25 + 2 + 5 * 3] - 2;
      assertThat(image[12]).isEqualTo(2);
      assertThat(sin * sin + cos * cos).isCloseTo(1, within(1e-5));
      assertThat(Math.abs(sin)).isLessThanOrEqualTo(0.5 + 1e-6);
      assertThat(image[3 + 5 * 2] - 2).isCloseTo((float) cos, within(1e-5f));
      assertThat(image[25 + 3 + 5 * 2] - 2).isCloseTo((float) -sin, within(1e-5f));
      ways.add(sin > 0);
      Examples zoomed = new Augmentation(0, false, 0, 0.5).applied(plain, 1, epoch, 0);
      double step = zoomed.values(0)[3 + 5 * 2] - 2; // 1/z
      assertThat(step).isBetween(1 / 1.5 - 1e-6, 2 + 1e-6);
      assertThat(zoomed.values(0)[25 + 2 + 5 * 3] - 2).isCloseTo((float) step, within(1e-6f));
      assertThat(zoomed.values(0)[2 + 5 * 3]).isEqualTo(2);
      ways.add(step > 1);
    }
    assertThat(ways).containsExactlyInAnyOrder(true, false);
  }

  @Test
  void turningDoesNotAffectTheRandomNumbersOfShiftsAndFlips() {
    Examples shifted = augmented(new Augmentation(1, true, 0, 0), 60, 1, 2, 3);
    Examples barely = augmented(new Augmentation(1, true, 1e-9, 0), 60, 1, 2, 3);
    for (int i = 0; i < 60; i++) {
      assertThat(barely.values(i)).containsExactly(shifted.values(i), within(1e-5f));
    }
  }

  /** 18,000 draws from 18 outcomes: 1,000 of each expected, with a standard deviation of 31. */
  @Test
  void allShiftsAndFlipsAreEquallyLikely() {
    Map<List<Float>, Integer> counts = new HashMap<>();
    Examples wide = images(18_000, new Shape(1, 3, 4)); // all its 18 variants differ
    Examples examples = new Augmentation(1, true, 0, 0).applied(wide, 3, 2, 1);
    for (int i = 0; i < examples.size(); i++) {
      counts.merge(list(examples.values(i)), 1, Integer::sum);
    }
    assertThat(counts).hasSize(18);
    assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(850, 1150));
  }

  @Test
  void randomNumbersDependOnlyOnSeedEpochPartitionAndExample() {
    Augmentation augmentation = new Augmentation(1, true, 0, 0);
    Examples once = augmented(augmentation, 60, 1, 2, 3);
    float[] all = new float[12 * 60 + 1];
    for (int i = 59; i >= 0; i--) {
      once.copyTo(i, all, 12 * i + 1);
    }
    Examples again = augmented(augmentation, 60, 1, 2, 3);
    for (int i = 0; i < 60; i++) {
      assertThat(again.values(i)).isEqualTo(Arrays.copyOfRange(all, 12 * i + 1, 12 * i + 13));
      assertThat(again.label(i)).isEqualTo(i % 7);
    }
    assertThat(again.pick(7, 7, 5).values(2)).isEqualTo(again.values(5));
    List<List<Float>> others = new ArrayList<>();
    for (int[] where : new int[][] {{1, 2, 3}, {2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {2, 1, 3}}) {
      List<Float> whole = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        whole.addAll(list(augmented(augmentation, 60, where).values(i)));
      }
      others.add(whole);
    }
    assertThat(others).doesNotHaveDuplicates();
  }

  @Test
  void returnsTheSameExamplesWithoutAugmentation() {
    Examples images = images(3, SHAPE);
    assertThat(Augmentation.NONE.applied(images, 1, 2, 3)).isSameAs(images);
    assertThat(Augmentation.NONE).hasToString("unchanged");
    assertThat(new Augmentation(1, true, 0, 0))
        .hasToString("randomly shifted by up to 1 pixel, mirrored");
    assertThat(new Augmentation(0, true, 10, 0.125))
        .hasToString("randomly turned by up to 10.0°, zoomed by up to 12.5 %, mirrored");
    assertThat(new Augmentation(4, false, 0, 0)).hasToString("randomly shifted by up to 4 pixels");
  }

  @Test
  void acceptsOnlyImagesLargerThanTheShift() {
    assertThatCode(() -> Augmentation.NONE.requireFor(Shape.vector(9))).doesNotThrowAnyException();
    assertThatCode(() -> new Augmentation(1, true, 0, 0).requireFor(SHAPE))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> new Augmentation(2, true, 0, 0).requireFor(SHAPE))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "training.augmentation.crop = 2: expected less than the sides of an image of 2 × 3 × 2");
    assertThatThrownBy(() -> new Augmentation(2, true, 0, 0).requireFor(Shape.vector(9)))
        .hasMessage(
            "training.augmentation.crop = 2: expected 0; only images can be augmented: set network.input"
                + " to [height, width] or [channels, height, width]");
    assertThatThrownBy(() -> new Augmentation(0, true, 0, 0).requireFor(Shape.vector(9)))
        .hasMessageStartingWith("training.augmentation.flip = true: expected false; only images");
    assertThatThrownBy(() -> new Augmentation(-1, true, 0, 0))
        .hasMessage("training.augmentation.crop = -1: expected a whole number from 0 to 1000");
  }
}
