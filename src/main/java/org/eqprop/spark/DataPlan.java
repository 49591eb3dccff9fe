package org.eqprop.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.RandomStream;
import org.eqprop.base.Slice;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ImageSet;
import org.eqprop.data.LabelledFiles;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.network.Network;
import org.eqprop.storage.Storage;

/**
 * Which examples of which files are the training, validation and test sets. Made from the headers
 * alone: the examples themselves are read by the executors, each its own slice.
 *
 * @param trainingFiles the training files, whose last examples may be held out
 * @param testFiles the test files
 * @param training slice of the training files
 * @param validation slice of the training files, possibly empty
 * @param test slice of the test files
 * @param classes labels must be below this
 */
public record DataPlan(
    LabelledFiles trainingFiles,
    LabelledFiles testFiles,
    Slice training,
    Slice validation,
    Slice test,
    int classes)
    implements Serializable {

  /**
   * Reads the four headers and checks them against the configuration.
   *
   * @throws InputException if a file cannot be read or does not fit
   */
  public static DataPlan inspect(Storage storage, RunConfiguration configuration) {
    return inspect(storage, configuration, EnumSet.allOf(Split.class));
  }

  /**
   * Reads the headers of one set's files alone; the other sets are empty.
   *
   * @throws InputException if a file cannot be read or does not fit
   */
  public static DataPlan inspect(Storage storage, RunConfiguration configuration, Split split) {
    return inspect(storage, configuration, EnumSet.of(split));
  }

  private static DataPlan inspect(
      Storage storage, RunConfiguration configuration, Set<Split> splits) {
    var data = configuration.data();
    Network topology = configuration.rule().topology();
    Slice none = new Slice(0, 0);
    Slice training = none;
    Slice validation = none;
    if (splits.contains(Split.TRAINING) || splits.contains(Split.VALIDATION)) {
      int examples = header(storage, data.training(), topology).examples();
      int held = data.validation();
      InvalidValueException.check(
          held < examples,
          "data.validation",
          held,
          "fewer than the " + examples + " examples of " + data.training().images());
      training = new Slice(0, examples - held);
      validation = new Slice(examples - held, examples);
    }
    Slice test =
        splits.contains(Split.TEST)
            ? new Slice(0, header(storage, data.test(), topology).examples())
            : none;
    return new DataPlan(
        data.training(),
        data.test(),
        splits.contains(Split.TRAINING) ? training : none,
        splits.contains(Split.VALIDATION) ? validation : none,
        test,
        topology.outputs());
  }

  /**
   * Reads a pair's headers and checks them against a topology.
   *
   * @throws InputException if a file cannot be read, or its images are not of the size of the first
   *     layer
   */
  public static LabelledFiles.Header header(
      Storage storage, LabelledFiles files, Network topology) {
    LabelledFiles.Header header = files.header(storage);
    requireSize(files.images(), header.rows(), header.columns(), topology);
    return header;
  }

  /**
   * Checks that images are of the size of the first layer.
   *
   * @param file named in the message
   * @throws InputException if they are not
   */
  public static void requireSize(String file, int rows, int columns, Network topology) {
    if ((long) rows * columns != topology.inputs()) {
      throw new InputException(
          file
              + " has images of "
              + rows
              + " × "
              + columns
              + " = "
              + (long) rows * columns
              + " pixels: expected "
              + topology.inputs()
              + ", the first layer of topology "
              + topology);
    }
  }

  /**
   * Returns how many replicas to train on so many cores: one a core, as long as each has a batch.
   *
   * @param cores ≥ 1
   */
  public int defaultReplicas(int cores, Hyperparameters hyperparameters) {
    int most = training.size() / hyperparameters.batch();
    if (hyperparameters.batchesPerEpoch() > 0) {
      most = Math.min(most, hyperparameters.batchesPerEpoch());
    }
    return Math.max(1, Math.min(cores, most));
  }

  /**
   * Checks that the training set can be partitioned so.
   *
   * @throws InvalidValueException if a partition would be empty or smaller than a batch, or would
   *     have no batch in an epoch
   */
  public void checkReplicas(int replicas, Hyperparameters hyperparameters) {
    int batch = hyperparameters.batch();
    int limit = hyperparameters.batchesPerEpoch();
    InvalidValueException.check(
        limit == 0 || limit >= replicas,
        "training.batches-per-epoch",
        limit,
        "0 (all), or at least one for each of the " + replicas + " replicas");
    InvalidValueException.check(
        replicas <= training.size(),
        "averaging.replicas",
        replicas,
        "at most the " + training.size() + " training examples");
    int smallest = training.size() / replicas;
    InvalidValueException.check(
        batch <= smallest,
        "training.batch",
        batch,
        "at most "
            + smallest
            + ", the examples of a partition ("
            + training.size()
            + " over "
            + replicas
            + " replicas)");
  }

  /** Returns how many batches an epoch has on each partition of so many replicas. */
  public IntStream batches(int replicas, Hyperparameters hyperparameters) {
    return IntStream.range(0, replicas)
        .map(p -> hyperparameters.batches(training.part(p, replicas).size(), p, replicas));
  }

  /** Returns the number of examples of a set. */
  public int size(Split split) {
    return slice(split).size();
  }

  private Slice slice(Split split) {
    return switch (split) {
      case TRAINING -> training;
      case VALIDATION -> validation;
      case TEST -> test;
    };
  }

  /**
   * Reads single examples of a set.
   *
   * @param indices which, in any order, from 0 within the set
   * @return the examples in that order
   * @throws InputException if a file cannot be read or a label is out of range
   */
  public ImageSet pick(Storage storage, Split split, int... indices) {
    int from = slice(split).from();
    int[] inFile = Arrays.stream(indices).map(i -> from + i).toArray();
    return files(split).pick(storage, inFile, classes);
  }

  /**
   * Draws random examples of a set.
   *
   * @param count at most the size of the set
   * @param seed the same seed draws the same examples
   * @throws InputException if a file cannot be read or a label is out of range
   */
  public ImageSet draw(Storage storage, Split split, int count, long seed) {
    int[] order = RandomStream.permutation(size(split), RandomStream.SHUFFLE.of(seed, 0, 0));
    return pick(storage, split, Arrays.copyOf(order, count));
  }

  private LabelledFiles files(Split split) {
    return split == Split.TEST ? testFiles : trainingFiles;
  }

  /**
   * Reads one partition of a set.
   *
   * @throws InputException if the file cannot be read or a label is out of range
   */
  public ImageSet read(Storage storage, Split split, int partition, int partitions) {
    return files(split).read(storage, slice(split).part(partition, partitions), classes);
  }
}
