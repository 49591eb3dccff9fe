package org.eqprop.data;

import java.util.OptionalInt;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * A pair of IDX files: images and their labels. MNIST, Fashion-MNIST, KMNIST and EMNIST come in
 * this format. Colour images have an additional dimension for their channels.
 *
 * @param images location of the image file, raw or gzipped
 * @param labels location of the label file, raw or gzipped; null if there is none: then all labels
 *     are 0
 */
public record IdxSource(String images, @Nullable String labels) implements ExampleSource {
  /** MNIST's 60,000 training examples, included in the program. */
  public static final IdxSource MNIST_TRAINING =
      new IdxSource(
          "classpath:mnist/train-images-idx3-ubyte.gz",
          "classpath:mnist/train-labels-idx1-ubyte.gz");

  /** MNIST's 10,000 test examples, included in the program. */
  public static final IdxSource MNIST_TEST =
      new IdxSource(
          "classpath:mnist/t10k-images-idx3-ubyte.gz", "classpath:mnist/t10k-labels-idx1-ubyte.gz");

  /**
   * Returns the images of a file without labels; all labels are 0.
   *
   * @param images location of the image file, raw or gzipped
   */
  public static IdxSource unlabelled(String images) {
    return new IdxSource(images, null);
  }

  @Override
  public String name() {
    return images;
  }

  @Override
  public String labelName() {
    return labels == null ? images : labels;
  }

  /**
   * Reads only the two headers.
   *
   * @throws InputException if a file cannot be read, or if the numbers of images and labels differ
   */
  @Override
  public Header header(Storage storage) {
    int[] imageShape = imageFile(storage).shape();
    IdxFile labelFile = labelFile(storage);
    int labelCount = labelFile == null ? imageShape[0] : labelFile.shape()[0];
    if (imageShape[0] != labelCount) {
      throw new InputException(
          images
              + " has "
              + imageShape[0]
              + " images but "
              + labels
              + " has "
              + labelCount
              + " labels: the counts must match");
    }
    Shape shape =
        imageShape.length == 3
            ? Shape.image(imageShape[1], imageShape[2])
            : new Shape(imageShape[1], imageShape[2], imageShape[3]);
    return new Header(imageShape[0], shape, OptionalInt.empty());
  }

  @Override
  public ByteExamples read(Storage storage, Slice slice) {
    Shape shape = header(storage).shape();
    IdxFile labelFile = labelFile(storage);
    byte[] classes =
        labelFile == null ? new byte[slice.size()] : labelFile.read(slice.from(), slice.to());
    return new ByteExamples(imageFile(storage).read(slice.from(), slice.to()), classes, shape);
  }

  /** Reads single examples in one pass through the files. */
  @Override
  public ByteExamples pick(Storage storage, int[] indices) {
    Shape shape = header(storage).shape();
    IdxFile labelFile = labelFile(storage);
    byte[] classes = labelFile == null ? new byte[indices.length] : labelFile.pick(indices);
    return new ByteExamples(imageFile(storage).pick(indices), classes, shape);
  }

  private IdxFile imageFile(Storage storage) {
    return new IdxFile(storage, images, true);
  }

  private @Nullable IdxFile labelFile(Storage storage) {
    return labels == null ? null : new IdxFile(storage, labels, false);
  }
}
