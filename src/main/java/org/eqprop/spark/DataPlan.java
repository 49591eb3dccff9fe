package org.eqprop.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.RandomStream;
import org.eqprop.base.SafeText;
import org.eqprop.base.Slice;
import org.eqprop.config.AveragingSettings;
import org.eqprop.config.DataSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.data.Shape;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.network.Network;
import org.eqprop.storage.Storage;

/**
 * Defines which examples of which sources form the training, validation and test sets. It is
 * created only from the headers: the executors read the examples, each its own slice.
 *
 * @param trainingSource source of the training examples, the last of which may be held out
 * @param testSource source of the test examples
 * @param training slice of the training source
 * @param validation slice of the training source, possibly empty
 * @param test slice of the test source
 * @param classes number of classes; labels must be below it
 */
public record DataPlan(
    ExampleSource trainingSource,
    ExampleSource testSource,
    Slice training,
    Slice validation,
    Slice test,
    int classes)
    implements Serializable {

  /**
   * Reads the headers and checks them against the configuration.
   *
   * @throws InputException if a header cannot be read or does not fit
   */
  public static DataPlan inspect(Storage storage, RunConfiguration configuration) {
    return inspect(storage, configuration.data(), configuration.spec().network());
  }

  /**
   * Reads the headers and checks them against a network.
   *
   * @throws InputException if a header cannot be read or does not fit
   */
  public static DataPlan inspect(Storage storage, DataSettings data, Network network) {
    return inspect(storage, data, network, EnumSet.allOf(Split.class));
  }

  /**
   * Reads the header of only one set's source; the other sets are empty.
   *
   * @throws InputException if a header cannot be read or does not fit
   */
  public static DataPlan inspect(Storage storage, RunConfiguration configuration, Split split) {
    return inspect(
        storage, configuration.data(), configuration.spec().network(), EnumSet.of(split));
  }

  private static DataPlan inspect(
      Storage storage, DataSettings data, Network network, Set<Split> splits) {
    Set<Split> trained = EnumSet.of(Split.TRAINING, Split.VALIDATION);
    boolean trains = splits.stream().anyMatch(trained::contains);
    ExampleSource source = trains ? data.training().opened(network.input()) : data.training();
    ExampleSource tested =
        splits.contains(Split.TEST) ? data.test().opened(network.input()) : data.test();
    Slice none = new Slice(0, 0);
    Slice training = none;
    Slice validation = none;
    if (trains) {
      int examples = header(storage, source, network).examples();
      int held = data.validation();
      InvalidValueException.check(
          held < examples,
          DataSettings.VALIDATION_KEY,
          held,
          "fewer than the " + examples + " examples of " + source.name());
      training = new Slice(0, examples - held);
      validation = new Slice(examples - held, examples);
    }
    Slice test =
        splits.contains(Split.TEST)
            ? new Slice(0, header(storage, tested, network).examples())
            : none;
    return new DataPlan(
        source,
        tested,
        splits.contains(Split.TRAINING) ? training : none,
        splits.contains(Split.VALIDATION) ? validation : none,
        test,
        network.outputs());
  }

  /**
   * Reads a source's header and checks it against a network.
   *
   * @throws InputException if it cannot be read, its examples do not fit the first layer, or it has
   *     more classes than the last layer
   */
  public static ExampleSource.Header header(
      Storage storage, ExampleSource source, Network network) {
    ExampleSource.Header header = source.header(storage);
    requireFits(
        source.name(), header.shape(), source.labelName(), header.classes().orElse(0), network);
    return header;
  }

  /**
   * Checks examples against a network.
   *
   * @param name of the examples, for messages
   * @param labelName name of their labels, for messages
   * @param classes number of classes, which all labels are below; 0 if unknown
   * @throws InputException if the examples do not have the size of the first layer, or its shape if
   *     that is an image, or have more classes than the last layer
   */
  static void requireFits(
      String name, Shape shape, String labelName, int classes, Network network) {
    if (shape.count() != network.inputs()) {
      throw new InputException(
          name
              + (shape.channels() == 1 && shape.height() == 1
                  ? " has examples of " + shape.count() + " values: expected "
                  : " has images of " + shape + " = " + shape.count() + " pixels: expected ")
              + network.inputs()
              + ", the input of the network "
              + network);
    }
    if (!network.input().equals(Shape.vector(network.inputs())) && !shape.equals(network.input())) {
      throw new InputException(
          name
              + " has images of "
              + shape
              + ": expected "
              + network.input()
              + ", as network.input says");
    }
    if (classes > network.outputs()) {
      throw new InputException(
          labelName
              + " has "
              + classes
              + " classes: expected at most "
              + network.outputs()
              + ", the outputs of the network "
              + network);
    }
  }

  /**
   * Returns how many replicas to train on a number of cores: one per core, as long as each has a
   * batch.
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
   * Checks that the training set can be partitioned over a number of replicas.
   *
   * @throws InvalidValueException if a partition would be empty, or smaller than a batch, or would
   *     have no batch in an epoch
   */
  public void checkReplicas(int replicas, Hyperparameters hyperparameters) {
    int batch = hyperparameters.batch();
    int limit = hyperparameters.batchesPerEpoch();
    InvalidValueException.check(
        limit == 0 || limit >= replicas,
        Hyperparameters.BATCHES_PER_EPOCH_KEY,
        limit,
        "0 (all), or at least one batch for each of the " + replicas + " replicas");
    InvalidValueException.check(
        replicas <= training.size(),
        AveragingSettings.REPLICAS_KEY,
        replicas,
        "at most the " + training.size() + " training examples");
    int smallest = training.size() / replicas;
    InvalidValueException.check(
        batch <= smallest,
        Hyperparameters.BATCH_KEY,
        batch,
        "at most "
            + smallest
            + ", the examples of a partition ("
            + training.size()
            + " over "
            + SafeText.count(replicas, "replica")
            + ")");
  }

  /** Returns the number of batches per epoch on each partition, for a number of replicas. */
  public IntStream batches(int replicas, Hyperparameters hyperparameters) {
    return IntStream.range(0, replicas)
        .map(p -> hyperparameters.batches(training.part(p, replicas).size(), p, replicas));
  }

  /** Returns whether a set is sent to the replicas instead of being read by them. */
  boolean isDistributed() {
    return trainingSource instanceof DistributedSource || testSource instanceof DistributedSource;
  }

  /** Returns the number of examples of a set. */
  public int size(Split split) {
    return slice(split).size();
  }

  /** Returns the examples of a set within its source. */
  Slice slice(Split split) {
    return switch (split) {
      case TRAINING -> training;
      case VALIDATION -> validation;
      case TEST -> test;
    };
  }

  /**
   * Reads single examples of a set.
   *
   * @param indices of the examples, in any order, from 0 within the set
   * @return the examples in that order
   * @throws InputException if an example cannot be read or a label is out of range
   */
  public Examples pick(Storage storage, Split split, int... indices) {
    int from = slice(split).from();
    int[] inSource = Arrays.stream(indices).map(i -> from + i).toArray();
    return source(split).pick(storage, inSource, classes);
  }

  /**
   * Draws random examples of a set.
   *
   * @param count at most the size of the set
   * @param seed the same seed draws the same examples
   * @throws InputException if an example cannot be read or a label is out of range
   */
  public Examples draw(Storage storage, Split split, int count, long seed) {
    int[] order = RandomStream.permutation(size(split), RandomStream.SHUFFLE.of(seed, 0, 0));
    return pick(storage, split, Arrays.copyOf(order, count));
  }

  /** Returns the source of the examples of a set. */
  ExampleSource source(Split split) {
    return split == Split.TEST ? testSource : trainingSource;
  }

  /**
   * Reads one partition of a set.
   *
   * @throws InputException if an example cannot be read or a label is out of range
   */
  public Examples read(Storage storage, Split split, int partition, int partitions) {
    return source(split).read(storage, slice(split).part(partition, partitions), classes);
  }
}
