package org.eqprop.example;

import java.util.Random;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.MemorySource;
import org.eqprop.data.Shape;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingSession;

/** The guide's example of data of one's own: points, and whether x is above y. */
public final class OwnData {
  private OwnData() {}

  public static void main(String[] args) {
    int n = 2000;
    Random random = new Random(1);
    float[] values = new float[2 * n]; // from 0 to 1
    int[] labels = new int[n]; // classes from 0
    for (int i = 0; i < n; i++) {
      values[2 * i] = random.nextFloat();
      values[2 * i + 1] = random.nextFloat();
      labels[i] = values[2 * i] > values[2 * i + 1] ? 1 : 0;
    }
    MemorySource points =
        new MemorySource("points", new FloatExamples(values, labels, Shape.vector(2)));
    try (TrainingSession session =
        TrainingSession.builder()
            .set("topology", "[2, 8, 2]")
            .set("data.validation", "0")
            .training(points)
            .test(points)
            .build()) {
      session.train();
      System.out.println("test error " + session.evaluate(Split.TEST).errorRate());
    }
  }
}
