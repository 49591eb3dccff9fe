package org.eqprop.spark;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.eqprop.base.Slice;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;

/**
 * Examples that are on the executors already, such as the rows of a DataFrame: they are sent to the
 * replicas, where those of other sources are read by them. The other methods are called at the
 * driver alone.
 */
public interface DistributedSource extends ExampleSource {
  /**
   * Returns the examples of some slices, one partition for each, which holds one element.
   *
   * @param slices none of them empty
   */
  JavaRDD<Examples> slices(List<Slice> slices);
}
