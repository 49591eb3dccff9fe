package org.eqprop.example;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingSession;

/** The guide's example of training on Spark from Java. */
public final class MnistWithSpark {
  private MnistWithSpark() {}

  public static void main(String[] args) {
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf().setAppName("MNIST"));
        TrainingSession session =
            TrainingSession.builder()
                .preset("mnist")
                .set("training.epochs", "2")
                .spark(spark)
                .build()) {
      session.train();
      System.out.println("test error " + session.evaluate(Split.TEST).errorRate());
    }
  }
}
