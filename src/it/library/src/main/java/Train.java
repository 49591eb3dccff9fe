import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingSession;

/** Trains on MNIST with two replicas and prints the test error. */
public final class Train {
  public static void main(String[] args) {
    var builder = TrainingSession.builder().preset("mnist").set("training.epochs", "1");
    try (var spark = new JavaSparkContext(new SparkConf().setAppName("MNIST"));
        var session = builder.set("averaging.replicas", "2").spark(spark).build()) {
      session.train();
      System.out.println("test error " + session.evaluate(Split.TEST).errorRate());
    }
  }
}
