package org.eqprop.report;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard error while something is drawn on the terminal: before others print a line there, what
 * is drawn is erased, so that neither garbles the other. It is drawn again below.
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
   * Puts itself in place of standard error.
   *
   * @param terminal standard error as it was, on which is drawn
   * @param drawing its lock is held by whoever draws, and while a line is printed
   * @param erase erases what is drawn; called before each line
   */
  public static GuardedStderr install(PrintStream terminal, Object drawing, Runnable erase) {
    GuardedStderr guard = new GuardedStderr(terminal, drawing, erase);
    System.setErr(guard.guarded);
    return guard;
  }

  /**
   * Puts standard error back, unless somebody else has replaced it meanwhile. A thread that still
   * holds the guarded one can print to it as before.
   */
  @Override
  public void close() {
    guard.release();
    if (System.err == guarded) {
      System.setErr(terminal);
    }
  }

  /** Holds lines back until they are whole. */
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

    /** Nothing is drawn any more. Does not close: what is printed to a closed stream is lost. */
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
