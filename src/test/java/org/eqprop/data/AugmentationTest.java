package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

  /** Every image has the values 1 … 12, as floats. */
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
  void aMirroredImageHasItsColumnsExchangedInEveryChannel() {
    assertThat(seen(augmented(new Augmentation(0, true), 50, 1, 0, 0)))
        .containsExactlyInAnyOrder(
            list(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
            list(2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11));
  }

  @Test
  void aShiftMovesAllChannelsAlikeAndRepeatsTheBorder() {
    assertThat(seen(augmented(new Augmentation(1, false), 300, 1, 0, 0)))
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

  /** 18,000 draws of 18: each 1,000 times, with a standard deviation of 31. */
  @Test
  void everyShiftAndFlipIsAsLikely() {
    Map<List<Float>, Integer> counts = new HashMap<>();
    Examples wide = images(18_000, new Shape(1, 3, 4)); // no two of its changes are the same
    Examples examples = new Augmentation(1, true).applied(wide, 3, 2, 1);
    for (int i = 0; i < examples.size(); i++) {
      counts.merge(list(examples.values(i)), 1, Integer::sum);
    }
    assertThat(counts).hasSize(18);
    assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(850, 1150));
  }

  @Test
  void theNumbersDependOnSeedEpochPartitionAndExampleAlone() {
    Augmentation augmentation = new Augmentation(1, true);
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
  void withoutAugmentationTheExamplesAreThemselves() {
    Examples images = images(3, SHAPE);
    assertThat(Augmentation.NONE.applied(images, 1, 2, 3)).isSameAs(images);
    assertThat(Augmentation.NONE).hasToString("as they are");
    assertThat(new Augmentation(1, true))
        .hasToString("randomly shifted by up to 1 pixel, randomly mirrored");
    assertThat(new Augmentation(4, false)).hasToString("randomly shifted by up to 4 pixels");
  }

  @Test
  void onlyImagesLargerThanTheMarginAreAugmented() {
    assertThatCode(() -> Augmentation.NONE.requireFor(Shape.vector(9))).doesNotThrowAnyException();
    assertThatCode(() -> new Augmentation(1, true).requireFor(SHAPE)).doesNotThrowAnyException();
    assertThatThrownBy(() -> new Augmentation(2, true).requireFor(SHAPE))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "training.augmentation.crop = 2: expected less than the sides of an image of 2 × 3 × 2");
    assertThatThrownBy(() -> new Augmentation(2, true).requireFor(Shape.vector(9)))
        .hasMessage(
            "training.augmentation.crop = 2: expected 0; only images are augmented: network.input ="
                + " [height, width] or [channels, height, width]");
    assertThatThrownBy(() -> new Augmentation(0, true).requireFor(Shape.vector(9)))
        .hasMessageStartingWith("training.augmentation.flip = true: expected false; only images");
    assertThatThrownBy(() -> new Augmentation(-1, true))
        .hasMessage("training.augmentation.crop = -1: expected a whole number from 0 to 1000");
  }
}
