package org.eqprop.report;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Protects a drawing on the terminal, such as a progress bar, from other output on standard error:
 * erases the drawing before others print a line, so that neither garbles the other. The drawing
 * appears again below that line when it is next updated.
 */
public final class GuardedStderr implements AutoCloseable {
  private final PrintStream terminal;
  private final Guard guard;
  private final PrintStream guarded;

  private GuardedStderr(PrintStream terminal, Object drawing, Runnable erase) {
    this.terminal = terminal;
    this.guard = new Guard(terminal, drawing, erase);
    this.guarded = new PrintStream(guard, true, StandardCharsets.UTF_8);
  }

  /**
   * Replaces standard error.
   *
   * @param terminal the original standard error, where the drawing is
   * @param drawing the lock to hold while drawing; also held while a line is printed
   * @param erase erases the drawing; called before each line
   */
  public static GuardedStderr install(PrintStream terminal, Object drawing, Runnable erase) {
    GuardedStderr guard = new GuardedStderr(terminal, drawing, erase);
    System.setErr(guard.guarded);
    return guard;
  }

  /**
   * Restores standard error, unless somebody else has replaced it meanwhile. A thread that still
   * holds the guarded stream can keep printing to it.
   */
  @Override
  public void close() {
    guard.release();
    if (System.err == guarded) {
      System.setErr(terminal);
    }
  }

  /** Buffers output until a line is complete. */
  private static final class Guard extends OutputStream {
    private final PrintStream terminal;
    private final Object drawing;
    private Runnable erase;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Guard(PrintStream terminal, Object drawing, Runnable erase) {
      this.terminal = terminal;
      this.drawing = drawing;
      this.erase = erase;
    }

    @Override
    public synchronized void write(int b) {
      line.write(b);
      if (b == '\n') {
        print();
      }
    }

    private synchronized void print() {
      synchronized (drawing) {
        erase.run();
        terminal.write(line.toByteArray(), 0, line.size());
        terminal.flush();
      }
      line.reset();
    }

    /**
     * Stops erasing, since nothing is drawn anymore. Does not close the stream: output to a closed
     * stream would be lost.
     */
    synchronized void release() {
      if (line.size() > 0) {
        print();
      }
      synchronized (drawing) {
        erase = () -> {};
      }
    }
  }
}
