package org.eqprop.example;

import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingSession;

/** The guide's example of training from Java, in one thread. */
public final class MnistWithoutSpark {
  private MnistWithoutSpark() {}

  public static void main(String[] args) {
    try (TrainingSession session =
        TrainingSession.builder().preset("mnist").set("training.epochs", "2").build()) {
      session.train();
      System.out.println("test error " + session.evaluate(Split.TEST).errorRate());
    }
  }
}
