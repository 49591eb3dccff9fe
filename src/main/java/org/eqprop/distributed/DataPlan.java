package org.eqprop.distributed;

import java.io.Serializable;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ImageSet;
import org.eqprop.data.InputException;
import org.eqprop.data.InvalidValueException;
import org.eqprop.data.LabelledFiles;
import org.eqprop.data.Slice;
import org.eqprop.data.Storage;
import org.eqprop.model.Topology;

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
    var data = configuration.data();
    Topology topology = configuration.rule().topology();
    int examples = header(storage, data.training(), topology).examples();
    int held = data.validation();
    InvalidValueException.check(
        held < examples,
        "data.validation",
        held,
        "fewer than the " + examples + " examples of " + data.training().images());
    int test = header(storage, data.test(), topology).examples();
    return new DataPlan(
        data.training(),
        data.test(),
        new Slice(0, examples - held),
        new Slice(examples - held, examples),
        new Slice(0, test),
        topology.outputs());
  }

  /**
   * Reads a pair's headers and checks them against a topology.
   *
   * @throws InputException if a file cannot be read, or its images are not of the size of the first
   *     layer
   */
  public static LabelledFiles.Header header(
      Storage storage, LabelledFiles files, Topology topology) {
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
  public static void requireSize(String file, int rows, int columns, Topology topology) {
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
   * Checks that the training set can be partitioned so.
   *
   * @throws InvalidValueException if a partition would be empty or smaller than a batch
   */
  public void checkReplicas(int replicas, int batch) {
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
   * Reads one partition of a set.
   *
   * @throws InputException if the file cannot be read or a label is out of range
   */
  public ImageSet read(Storage storage, Split split, int partition, int partitions) {
    LabelledFiles files = split == Split.TEST ? testFiles : trainingFiles;
    return files.read(storage, slice(split).part(partition, partitions), classes);
  }
}
