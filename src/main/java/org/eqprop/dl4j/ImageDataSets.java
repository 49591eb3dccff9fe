package org.eqprop.dl4j;

import java.util.Iterator;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.eqprop.backend.blas.OpenBlas;
import org.eqprop.base.Slice;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.network.Floats;
import org.eqprop.storage.Storage;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Converts labelled images to DL4J's format: features [B × pixels] in [0, 1] and one-hot labels [B
 * × classes], float32.
 */
public final class ImageDataSets {
  private ImageDataSets() {}

  /**
   * Returns a batch: the images {@code order[from]} … {@code order[to−1]}.
   *
   * @param images not modified
   * @param order indices into {@code images}; not modified
   * @param classes n_L, above every label
   */
  public static DataSet of(Examples images, int[] order, int from, int to, int classes) {
    OpenBlas.load(); // before ND4J loads it, so that both run the same kernels
    int pixels = images.shape().size();
    float[] features = new float[(to - from) * pixels];
    float[] labels = new float[(to - from) * classes];
    for (int i = from; i < to; i++) {
      images.copyTo(order[i], features, (i - from) * pixels);
      labels[(i - from) * classes + images.label(order[i])] = 1;
    }
    return new DataSet(
        Floats.array(features, to - from, pixels), Floats.array(labels, to - from, classes));
  }

  /**
   * Returns the examples of a source as batches for DL4J's training and evaluation on Spark, in
   * their order. Each partition reads its own slice on its executor, whenever it is computed. Give
   * DL4J the same batch size: if it has to split a {@code DataSet} in two, its evaluation loses the
   * second half and fails.
   *
   * @param source must be readable by every executor
   * @param classes n_L, above every label
   * @param batch examples per {@code DataSet}; a partition's last one may have fewer
   * @param partitions number of contiguous slices of the examples, whose sizes differ by at most
   *     one
   * @throws org.eqprop.base.InputException if the header cannot be read; on executors, where it
   *     makes the job fail, if a slice cannot be read or a label is out of range
   */
  public static JavaRDD<DataSet> rdd(
      JavaSparkContext spark, ExampleSource source, int classes, int batch, int partitions) {
    Slice all = new Slice(0, source.header(new Storage(SparkHadoopUtil.get().conf())).examples());
    return spark
        .parallelize(IntStream.range(0, partitions).boxed().toList(), partitions)
        .flatMap(index -> batches(source, all.part(index, partitions), classes, batch));
  }

  private static Iterator<DataSet> batches(
      ExampleSource source, Slice slice, int classes, int batch) {
    Examples images = source.read(new Storage(SparkHadoopUtil.get().conf()), slice, classes);
    int[] order = IntStream.range(0, images.size()).toArray();
    return IntStream.iterate(0, from -> from < order.length, from -> from + batch)
        .mapToObj(from -> of(images, order, from, Math.min(from + batch, order.length), classes))
        .iterator();
  }
}
