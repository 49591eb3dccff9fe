package org.eqprop.track;

import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.eqprop.base.InputException;
import org.eqprop.run.Metric;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run on an MLflow tracking server: its parameters at once, its metrics after each epoch,
 * its files at the end. Makes all calls on its own thread, so that a server that is slow, fails or
 * is unreachable neither fails nor delays the run. Warns only of the first failure. Data that could
 * not be sent is sent again after the next epoch.
 */
public final class MlflowTracker implements TrainingListener, AutoCloseable {
  /** The time that the end of a finished run waits for the server. */
  private static final long FINISH_MILLIS = 30_000;

  /** The time that the end of a failed run waits for the server. */
  private static final long FAIL_MILLIS = 5_000;

  /** The most values that are kept for a server that does not accept them. */
  private static final int MOST_PENDING = 100_000;

  private final MlflowRun run;
  private final String server;
  private final Consumer<String> warning;
  private final BooleanSupplier killed;
  private final Thread thread = new Thread(this::work, "mlflow");

  // Guarded by this object's lock.
  private final List<MlflowMetric> pending = new ArrayList<>();
  private boolean asked = true; // so that the run is created before its first epoch has ended
  private boolean warned;
  private boolean refused;
  private boolean complete;
  private MlflowApi.@Nullable Status ending;

  /** A call to the server. */
  @FunctionalInterface
  private interface Call {
    void make() throws IOException, InterruptedException;
  }

  /**
   * Starts to track a run.
   *
   * @param warning receives a warning without a line break, on any thread
   * @param killed tells whether a run that has not finished was interrupted from outside
   */
  public MlflowTracker(
      MlflowSettings settings,
      TrackedRun tracked,
      Consumer<String> warning,
      BooleanSupplier killed) {
    this.server = settings.server().toString();
    this.warning = warning;
    this.killed = killed;
    this.run = new MlflowRun(settings, tracked, warning);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void epochEnded(EpochReport report, TrainingState state) {
    long now = System.currentTimeMillis();
    for (Metric metric : Metric.values()) {
      Number value = metric.measured(report);
      if (value != null && metric != Metric.EPOCH) {
        add(new MlflowMetric(metric.key(), value.doubleValue(), now, report.epoch()));
      }
    }
    ask();
  }

  private synchronized void add(MlflowMetric metric) {
    if (Double.isFinite(metric.value()) && pending.size() < MOST_PENDING) {
      pending.add(metric);
    }
  }

  private synchronized void ask() {
    asked = true;
    notifyAll();
  }

  /**
   * Sends the rest of a finished run, with the files of its folder, and waits up to 30 s for the
   * server.
   *
   * @param epoch the last epoch
   * @param testError of the trained network, 0 … 1
   * @return the URL of the page that shows the run; null if the server has not received everything
   */
  public @Nullable String finish(int epoch, double testError) {
    add(new MlflowMetric(Metric.TEST_ERROR.key(), testError, System.currentTimeMillis(), epoch));
    end(MlflowApi.Status.FINISHED, FINISH_MILLIS);
    synchronized (this) {
      return complete ? run.page() : null;
    }
  }

  private void end(MlflowApi.Status status, long millis) {
    synchronized (this) {
      ending = status;
      notifyAll();
    }
    try {
      thread.join(millis);
      if (thread.isAlive()) {
        thread.interrupt();
        warnOnce("no answer within " + millis / 1000 + " s at the end of the run");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reports that the run has failed or was killed, unless it has finished. */
  @Override
  public void close() {
    boolean open;
    synchronized (this) {
      open = ending == null;
    }
    if (open) {
      end(killed.getAsBoolean() ? MlflowApi.Status.KILLED : MlflowApi.Status.FAILED, FAIL_MILLIS);
    }
  }

  private void work() {
    try {
      MlflowApi.Status end;
      do {
        end = awaitWork();
        send();
      } while (end == null);
      MlflowApi.Status status = end;
      if (status == MlflowApi.Status.FINISHED) {
        boolean uploaded = made(run::upload);
        synchronized (this) {
          refused |= !uploaded;
        }
      }
      boolean ended = made(() -> run.end(status));
      synchronized (this) {
        complete = ended && !refused && pending.isEmpty();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized MlflowApi.@Nullable Status awaitWork() throws InterruptedException {
    while (!asked && ending == null) {
      wait();
    }
    asked = false;
    return ending;
  }

  private void send() throws InterruptedException {
    List<MlflowMetric> batch;
    synchronized (this) {
      batch = List.copyOf(pending);
    }
    if (made(() -> run.log(batch))) {
      synchronized (this) {
        pending.subList(0, batch.size()).clear();
      }
    }
  }

  /** Makes a call. Returns false if it failed but may succeed later. */
  private boolean made(Call call) throws InterruptedException {
    try {
      call.make();
      return true;
    } catch (IOException | RuntimeException e) {
      warnOnce(e instanceof ConnectException ? "no connection" : InputException.reason(e));
      if (e instanceof MlflowException answer && answer.isFinal()) {
        synchronized (this) {
          refused = true;
        }
        return true;
      }
      return false;
    }
  }

  private void warnOnce(String reason) {
    synchronized (this) {
      if (warned) {
        return;
      }
      warned = true;
    }
    warning.accept(
        "tracking at " + server + ": " + reason + "; the run continues, its folder has everything");
  }
}
