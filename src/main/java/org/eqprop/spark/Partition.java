package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.InputStatistics;
import org.eqprop.storage.Storage;

/** The data that one executor holds for one replica: a slice of each set. */
final class Partition implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int index;
  private final List<Examples> sets;

  private Partition(int index, List<Examples> sets) {
    this.index = index;
    this.sets = sets;
  }

  /**
   * Reads partition {@code index} of {@code partitions}; runs on an executor.
   *
   * @throws InputException if a file cannot be read, a label is out of range, or this executor
   *     cannot compute
   */
  static Partition read(DataPlan plan, Backend backend, int index, int partitions) {
    return read(new Storage(SparkHadoopUtil.get().conf()), plan, backend, index, partitions);
  }

  /**
   * Reads partition {@code index} of {@code partitions}, without the sets that come from a {@link
   * DistributedSource}.
   *
   * @throws InputException if a file cannot be read, a label is out of range, or this process
   *     cannot compute
   */
  static Partition read(
      Storage storage, DataPlan plan, Backend backend, int index, int partitions) {
    new TaskPlace(1).check(backend);
    List<Examples> sets = new ArrayList<>();
    for (Split split : Split.values()) {
      sets.add(
          plan.source(split) instanceof DistributedSource
              ? ByteExamples.NONE
              : plan.read(storage, split, index, partitions));
    }
    return new Partition(index, sets);
  }

  /** Returns this partition with one set replaced. */
  Partition with(Split split, Examples examples) {
    List<Examples> changed = new ArrayList<>(sets);
    changed.set(place(split), examples);
    return new Partition(index, changed);
  }

  int index() {
    return index;
  }

  Examples set(Split split) {
    return sets.get(place(split));
  }

  private static int place(Split split) {
    return List.of(Split.values()).indexOf(split);
  }

  /**
   * What the driver learns about a partition when it is first read.
   *
   * @param classCounts number of examples per class, for each set
   * @param kernels {@link Backend#kernels} of its executor
   * @param computing {@link Backend#description} of its executor
   * @param inputs statistics of the training images
   */
  record Summary(
      int index,
      Map<Split, List<Integer>> classCounts,
      String kernels,
      String computing,
      InputStatistics inputs)
      implements Serializable {}

  /**
   * @param classes number of classes; labels are below it
   */
  Summary summary(int classes, Backend backend) {
    new TaskPlace(1).choose();
    Map<Split, List<Integer>> counts = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      int[] padded = Arrays.copyOf(set(split).classCounts(), classes);
      counts.put(split, Arrays.stream(padded).boxed().toList());
    }
    return new Summary(
        index, counts, backend.kernels(), backend.description(), set(Split.TRAINING).statistics());
  }
}
