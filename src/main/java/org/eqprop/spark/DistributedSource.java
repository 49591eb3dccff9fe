package org.eqprop.spark;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.eqprop.base.Slice;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;

/**
 * Examples that are already on the executors, such as the rows of a DataFrame. They are sent to the
 * replicas, whereas replicas read the examples of other sources themselves. The other methods are
 * called only on the driver.
 */
public interface DistributedSource extends ExampleSource {
  /**
   * Returns the examples of some slices, in one partition per slice, which holds one element.
   *
   * @param slices none of them empty
   */
  JavaRDD<Examples> slices(List<Slice> slices);
}
