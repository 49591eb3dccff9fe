package org.eqprop.dl4j;

import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.eqprop.base.RandomStream;
import org.eqprop.base.Slice;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * A DL4J iterator over a source of examples, which is read completely: batches of features [B ×
 * pixels] in [0, 1] and one-hot labels [B × classes]. With a seed every pass has its own order, the
 * same as the epochs of a run with one replica and the same seed.
 */
public final class ImageDataSetIterator implements DataSetIterator {
  private static final long serialVersionUID = 1L;

  private final Examples images;
  private final int classes;
  private final int batch;
  private final boolean shuffled;
  private final long seed;
  private int[] order;
  private int pass;
  private int at;
  private @Nullable DataSetPreProcessor preProcessor;

  private ImageDataSetIterator(Examples images, int classes, int batch, OptionalLong seed) {
    if (batch < 1) {
      throw new IllegalArgumentException("batch = " + batch + ": expected 1 or more");
    }
    this.images = images;
    this.classes = classes;
    this.batch = batch;
    this.shuffled = seed.isPresent();
    this.seed = seed.orElse(0);
    this.order = order();
  }

  /**
   * Iterates over examples in their order.
   *
   * @param storage resolves the locations
   * @param classes n_L, above every label
   * @param batch B, examples per batch; the last batch may have fewer
   * @throws org.eqprop.base.InputException if a file cannot be read or a label is out of range
   */
  public ImageDataSetIterator(Storage storage, ExampleSource source, int classes, int batch) {
    this(read(storage, source, classes), classes, batch, OptionalLong.empty());
  }

  /**
   * Iterates over examples in a different order in each pass.
   *
   * @param storage resolves the locations
   * @param classes n_L, above every label
   * @param batch B, examples per batch; the last batch may have fewer
   * @param seed of the orders
   * @throws org.eqprop.base.InputException if a file cannot be read or a label is out of range
   */
  public ImageDataSetIterator(
      Storage storage, ExampleSource source, int classes, int batch, long seed) {
    this(read(storage, source, classes), classes, batch, OptionalLong.of(seed));
  }

  private static Examples read(Storage storage, ExampleSource source, int classes) {
    int examples = source.header(storage).examples();
    return source.read(storage, new Slice(0, examples), classes);
  }

  /**
   * Returns MNIST's training examples, in a different order in each pass.
   *
   * @param batch B, examples per batch
   * @param seed of the orders
   */
  public static ImageDataSetIterator mnistTraining(int batch, long seed) {
    return new ImageDataSetIterator(Storage.local(), IdxSource.MNIST_TRAINING, 10, batch, seed);
  }

  /**
   * Returns MNIST's test examples.
   *
   * @param batch B, examples per batch
   */
  public static ImageDataSetIterator mnistTest(int batch) {
    return new ImageDataSetIterator(Storage.local(), IdxSource.MNIST_TEST, 10, batch);
  }

  private int[] order() {
    return shuffled
        ? RandomStream.permutation(images.size(), RandomStream.SHUFFLE.of(seed, pass, 0))
        : IntStream.range(0, images.size()).toArray();
  }

  @Override
  public boolean hasNext() {
    return at < order.length;
  }

  @Override
  public DataSet next() {
    return next(batch);
  }

  @Override
  public DataSet next(int count) {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    int to = Math.min(at + count, order.length);
    DataSet next = ImageDataSets.of(images, order, at, to, classes);
    at = to;
    next.setLabelNames(getLabels());
    if (preProcessor != null) {
      preProcessor.preProcess(next);
    }
    return next;
  }

  /** Starts another pass, unless the current one has not started yet. */
  @Override
  public void reset() {
    if (at > 0) {
      pass++;
      at = 0;
      order = order();
    }
  }

  @Override
  public int batch() {
    return batch;
  }

  @Override
  public int inputColumns() {
    return images.shape().size();
  }

  @Override
  public int totalOutcomes() {
    return classes;
  }

  @Override
  public List<String> getLabels() {
    return IntStream.range(0, classes).mapToObj(String::valueOf).toList();
  }

  @Override
  public boolean resetSupported() {
    return true;
  }

  @Override
  public boolean asyncSupported() {
    return true;
  }

  @Override
  public void setPreProcessor(DataSetPreProcessor preProcessor) {
    this.preProcessor = preProcessor;
  }

  @Override
  public @Nullable DataSetPreProcessor getPreProcessor() {
    return preProcessor;
  }
}
