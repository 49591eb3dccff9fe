package org.eqprop.data;

import java.io.Serializable;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;

/**
 * A pair of IDX files: images and their labels. MNIST, Fashion-MNIST, KMNIST and EMNIST come so.
 *
 * @param images location of the image file, raw or gzipped
 * @param labels location of the label file, raw or gzipped
 */
public record LabelledFiles(String images, String labels) implements Serializable {
  /** MNIST's 60,000 training examples, which come with the program. */
  public static final LabelledFiles MNIST_TRAINING =
      new LabelledFiles(
          "classpath:mnist/train-images-idx3-ubyte.gz",
          "classpath:mnist/train-labels-idx1-ubyte.gz");

  /** MNIST's 10,000 test examples, which come with the program. */
  public static final LabelledFiles MNIST_TEST =
      new LabelledFiles(
          "classpath:mnist/t10k-images-idx3-ubyte.gz", "classpath:mnist/t10k-labels-idx1-ubyte.gz");

  /**
   * What the headers say.
   *
   * @param examples number of examples, ≥ 1
   * @param rows height in pixels
   * @param columns width in pixels
   */
  public record Header(int examples, int rows, int columns) {}

  /**
   * Reads both headers, and nothing else.
   *
   * @throws InputException if a file cannot be read, or the two disagree
   */
  public Header header(Storage storage) {
    int[] imageShape = imageFile(storage).shape();
    int[] labelShape = labelFile(storage).shape();
    if (imageShape[0] != labelShape[0]) {
      throw new InputException(
          images
              + " has "
              + imageShape[0]
              + " images but "
              + labels
              + " has "
              + labelShape[0]
              + " labels: expected as many");
    }
    return new Header(imageShape[0], imageShape[1], imageShape[2]);
  }

  /**
   * Reads one slice; nothing outside it is kept, and of an empty slice nothing is read.
   *
   * @param storage resolves the locations
   * @param slice which examples
   * @param classes labels must be below this
   * @throws InputException if a file cannot be read or a label is out of range
   */
  public ImageSet read(Storage storage, Slice slice, int classes) {
    if (slice.size() == 0) {
      return ImageSet.EMPTY;
    }
    Header header = header(storage);
    byte[] labelBytes = labelFile(storage).read(slice.from(), slice.to());
    for (int i = 0; i < labelBytes.length; i++) {
      requireClass(labelBytes[i], slice.from() + i, classes);
    }
    byte[] pixels = imageFile(storage).read(slice.from(), slice.to());
    return new ImageSet(pixels, labelBytes, header.rows(), header.columns());
  }

  /**
   * Reads single examples; nothing else is kept.
   *
   * @param storage resolves the locations
   * @param indices which, in any order, each below the number of examples
   * @param classes labels must be below this
   * @return the examples in the order of {@code indices}
   * @throws InputException if a file cannot be read or a label is out of range
   */
  public ImageSet pick(Storage storage, int[] indices, int classes) {
    Header header = header(storage);
    byte[] labelBytes = labelFile(storage).pick(indices);
    for (int i = 0; i < labelBytes.length; i++) {
      requireClass(labelBytes[i], indices[i], classes);
    }
    return new ImageSet(
        imageFile(storage).pick(indices), labelBytes, header.rows(), header.columns());
  }

  private void requireClass(byte label, int example, int classes) {
    if ((label & 0xff) >= classes) {
      throw new InputException(
          labels
              + ": label "
              + (label & 0xff)
              + " of example "
              + example
              + ": expected 0 to "
              + (classes - 1)
              + " (the topology's last layer has "
              + classes
              + " units)");
    }
  }

  /**
   * Reads the header of a file of images that has no labels.
   *
   * @throws InputException if the file cannot be read
   */
  public static Header unlabelledHeader(Storage storage, String images) {
    int[] shape = new IdxFile(storage, images, 3).shape();
    return new Header(shape[0], shape[1], shape[2]);
  }

  /**
   * Reads single images that have no labels; all labels of the result are 0.
   *
   * @param indices which, in any order, each below the number of images
   * @return the images in the order of {@code indices}
   * @throws InputException if the file cannot be read
   */
  public static ImageSet pickUnlabelled(Storage storage, String images, int[] indices) {
    IdxFile file = new IdxFile(storage, images, 3);
    int[] shape = file.shape();
    return new ImageSet(file.pick(indices), new byte[indices.length], shape[1], shape[2]);
  }

  private IdxFile imageFile(Storage storage) {
    return new IdxFile(storage, images, 3);
  }

  private IdxFile labelFile(Storage storage) {
    return new IdxFile(storage, labels, 1);
  }
}
