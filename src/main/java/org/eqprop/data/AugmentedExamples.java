package org.eqprop.data;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.eqprop.base.RandomStream;

/** Images that are augmented when they are copied, each with its own random numbers. */
final class AugmentedExamples implements Examples {
  private static final long serialVersionUID = 1L;

  private final Examples examples;
  private final Augmentation augmentation;
  private final long seed;
  private final int epoch;
  private final int partition;

  AugmentedExamples(
      Examples examples, Augmentation augmentation, long seed, int epoch, int partition) {
    this.examples = examples;
    this.augmentation = augmentation;
    this.seed = seed;
    this.epoch = epoch;
    this.partition = partition;
  }

  @Override
  public Shape shape() {
    return examples.shape();
  }

  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public int label(int i) {
    return examples.label(i);
  }

  @Override
  public boolean isWeighted() {
    return examples.isWeighted();
  }

  @Override
  public float weight(int i) {
    return examples.weight(i);
  }

  @Override
  public void copyTo(int i, float[] target, int at) {
    float[] image = examples.values(i);
    SplittableRandom random = RandomStream.AUGMENT.of(seed, epoch, partition, i);
    int crop = augmentation.crop();
    int down = random.nextInt(2 * crop + 1) - crop;
    int right = random.nextInt(2 * crop + 1) - crop;
    boolean mirrored = augmentation.flip() && random.nextBoolean();
    if (augmentation.isTurned()) {
      turn(image, random);
    }
    int height = shape().height();
    int width = shape().width();
    int to = at;
    for (int c = 0; c < shape().channels(); c++) {
      for (int y = 0; y < height; y++) {
        int row = within(y + down, height);
        for (int x = 0; x < width; x++) {
          int column = within((mirrored ? width - 1 - x : x) + right, width);
          target[to++] = image[(c * height + row) * width + column];
        }
      }
    }
  }

  /**
   * Turns an image by an angle φ and zooms it by a factor z around its middle m: the new pixel at p
   * is the old one at m + R(−φ)(p − m)/z, interpolated between its four neighbours.
   *
   * @param image [channels · height · width]; modified
   */
  private void turn(float[] image, SplittableRandom random) {
    double angle = StrictMath.toRadians(augmentation.rotate() * (2 * random.nextDouble() - 1));
    double zoom = 1 + augmentation.zoom() * (2 * random.nextDouble() - 1);
    double cos = StrictMath.cos(angle) / zoom;
    double sin = StrictMath.sin(angle) / zoom;
    int height = shape().height();
    int width = shape().width();
    float[] before = image.clone();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double dy = y - (height - 1) / 2.0;
        double dx = x - (width - 1) / 2.0;
        double row = (height - 1) / 2.0 + cos * dy - sin * dx;
        double column = (width - 1) / 2.0 + sin * dy + cos * dx;
        int above = (int) Math.floor(row);
        int left = (int) Math.floor(column);
        float down = (float) (row - above);
        float right = (float) (column - left);
        int top = within(above, height) * width;
        int bottom = within(above + 1, height) * width;
        int near = within(left, width);
        int far = within(left + 1, width);
        for (int c = 0; c < image.length; c += height * width) {
          float upper = before[c + top + near] * (1 - right) + before[c + top + far] * right;
          float lower = before[c + bottom + near] * (1 - right) + before[c + bottom + far] * right;
          image[c + y * width + x] = upper * (1 - down) + lower * down;
        }
      }
    }
  }

  private static int within(int place, int size) {
    return Math.max(0, Math.min(size - 1, place));
  }

  @Override
  public Examples pick(int... indices) {
    Examples picked = FloatExamples.copied(this, indices);
    return isWeighted() ? WeightedExamples.picked(this, picked, indices) : picked;
  }

  @Override
  public InputStatistics statistics() {
    return pick(IntStream.range(0, size()).toArray()).statistics();
  }
}
