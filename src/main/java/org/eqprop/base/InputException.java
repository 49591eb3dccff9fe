package org.eqprop.base;

import java.io.FileNotFoundException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/**
 * Something the user gave cannot be used. The message is one line and complete: what is wrong,
 * where (file, key, value) and what was expected. The command line prints it as it stands, without
 * a stack trace. Control characters in it are escaped, and very long words cut ({@link SafeText}).
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the whole line
   */
  public InputException(String message) {
    super(SafeText.line(message));
  }

  /**
   * @param message the whole line
   * @param cause what brought it to light
   */
  public InputException(String message, @Nullable Throwable cause) {
    super(SafeText.line(message), cause);
  }

  /**
   * Returns what of this kind is behind a failure; else throws the failure itself.
   *
   * @param failure such as Spark's own, which has a task's failure as its cause
   */
  public static InputException within(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof InputException input) {
        return input;
      }
    }
    throw unchecked(failure);
  }

  /** Spark throws checked exceptions that it does not declare. */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> RuntimeException unchecked(Exception failure) throws E {
    throw (E) failure;
  }

  /**
   * Returns why something failed, in words that fit into one line: what a library has to say of it
   * is often several lines, or nothing but a path.
   */
  public static String reason(Throwable failure) {
    if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
      return "no such file or folder";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof FileAlreadyExistsException || failure instanceof NotDirectoryException) {
      return "a file is in the way";
    }
    if (failure instanceof DirectoryNotEmptyException) {
      return "a folder is in the way";
    }
    if (failure instanceof FileSystemException file && file.getReason() != null) {
      return file.getReason(); // the message begins with paths, also of temporary files
    }
    String line =
        failure.getMessage() == null ? "" : failure.getMessage().lines().findFirst().orElse("");
    return line.contains(" ")
        ? line
        : failure.getClass().getSimpleName() + (line.isEmpty() ? "" : " (" + line + ")");
  }
}
