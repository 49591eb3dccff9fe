package org.eqprop.data;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.base.Shown;

/**
 * How training images are changed at random, differently in every epoch: shifted, then mirrored.
 * What a shift uncovers repeats the pixel at the border, so that dark and light backgrounds both
 * continue. A network's {@link Normalisation} comes after it.
 *
 * @param crop by how many pixels at most, in each direction; each of the (2·crop + 1)² places is as
 *     likely; ≥ 0
 * @param flip whether half of the images, on average, are mirrored left to right
 */
public record Augmentation(int crop, boolean flip) implements Serializable {
  /** The key of {@link #crop}. */
  public static final String CROP_KEY = "training.augmentation.crop";

  /** The key of {@link #flip}. */
  public static final String FLIP_KEY = "training.augmentation.flip";

  /** Images stay as they are. */
  public static final Augmentation NONE = new Augmentation(0, false);

  private static final long serialVersionUID = 1L;

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public Augmentation {
    InvalidValueException.check(
        crop >= 0 && crop <= 1000, CROP_KEY, crop, "a whole number from 0 to 1000");
  }

  /**
   * Reads the keys below {@code training.augmentation}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static Augmentation of(KeyValues values) {
    return new Augmentation(values.whole(CROP_KEY), values.flag(FLIP_KEY));
  }

  /** Returns what is done, in words. */
  @Override
  public String toString() {
    String crops = crop == 0 ? "" : "randomly shifted by up to " + Shown.count(crop, "pixel");
    String flips = flip ? "randomly mirrored" : "";
    return isNone() ? "as they are" : crops + (crop > 0 && flip ? ", " : "") + flips;
  }

  /** Returns whether images stay as they are. */
  public boolean isNone() {
    return crop == 0 && !flip;
  }

  /**
   * Checks that there are images to change.
   *
   * @param shape of an example
   * @throws InvalidValueException if they are no images, or not larger than the margin
   */
  public void requireFor(Shape shape) {
    boolean image = shape.height() > 1;
    String need =
        "only images are augmented: network.input = [height, width] or [channels, height,"
            + " width]";
    InvalidValueException.check(image || crop == 0, CROP_KEY, crop, "0; " + need);
    InvalidValueException.check(image || !flip, FLIP_KEY, flip, "false; " + need);
    int side = Math.min(shape.height(), shape.width());
    InvalidValueException.check(
        isNone() || crop < side, CROP_KEY, crop, "less than the sides of an image of " + shape);
  }

  /**
   * Returns examples as an epoch of the training sees them: the same whatever the order in which
   * they are asked for, and on every machine.
   *
   * @param examples of a partition; not modified
   * @param seed the run's seed
   * @param epoch from 0
   * @param partition from 0
   */
  public Examples applied(Examples examples, long seed, int epoch, int partition) {
    return isNone() ? examples : new AugmentedExamples(examples, this, seed, epoch, partition);
  }
}
