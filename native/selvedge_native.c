/*
 * The part of Selvedge that JavaScript cannot do: sockets of any family, their options before they are connected, and
 * datagrams as they arrive. It moves octets and knows no message; what they mean is decided in TypeScript.
 *
 *   socket(domain, type, protocol)             -> fd                       close(fd)
 *   bind(fd, address)                          -> 0                        connect(fd, address) -> 0
 *   listen(fd, backlog)                        -> 0                        accept(fd) -> fd
 *   send(fd, octets)                           -> octets sent              recv(fd, octets) -> octets received
 *   recvmsg(fd, octets, address, control)      -> octets received, with its sender and what the kernel says beside it
 *   setsockopt(fd, level, name, value)         -> 0
 *   getsockopt(fd, level, name, length)        -> Uint8Array
 *   getsockname(fd, length)                    -> Uint8Array               getpeername(fd, length) -> Uint8Array
 *   new Poll(fd, (errno, datagram) => void)    ref() unref() close()       takes the fd over
 *   new Watch(fd, (errno, events) => void)     the same, and watch(events) 1: readable, 2: writable
 *   trim()                                     gives memory back that the process does not need now
 *
 * A refused system call returns the negated errno; wrong argument types throw. No global state, so that any number
 * of worker threads can load it.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>

#include <errno.h>
#include <linux/netlink.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The few names of libuv that are needed, declared here because node_api.h comes without uv.h. They are part of
 * its stable 1.x interface; the size of a handle is asked for, not known.
 */
typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
enum { UV_POLL_TYPE = 8, UV_READABLE_EVENT = 1 };
extern size_t uv_handle_size(int type);
extern void *uv_handle_get_data(const uv_handle_t *handle);
extern void uv_handle_set_data(uv_handle_t *handle, void *data);
extern int uv_poll_init(uv_loop_t *loop, uv_handle_t *handle, int fd);
extern int uv_poll_start(uv_handle_t *handle, int events,
                         void (*callback)(uv_handle_t *, int status, int events));
extern int uv_poll_stop(uv_handle_t *handle);
extern void uv_close(uv_handle_t *handle, void (*callback)(uv_handle_t *));
extern void uv_ref(uv_handle_t *handle);
extern void uv_unref(uv_handle_t *handle);

/* The kernel fills dump datagrams to at most 32 KiB, more only for one huge link; untouched pages cost nothing. */
enum { BUFFER_SIZE = 512 * 1024 };
/* Datagrams per turn of the event loop; epoll reports what is left again at once. */
enum { DATAGRAMS_PER_TURN = 64 };

typedef struct {
  napi_env env;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  uv_handle_t *handle; /* NULL once closing */
  int fd;
  int owners; /* the JavaScript object, and libuv until the handle is closed */
  uint8_t *buffer; /* of a Poll; NULL for a Watch */
} poll_t;

/* ---- arguments and results ------------------------------------------------------------------------------- */

/* Reads exactly `count` arguments; on failure an exception is pending. */
static int arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values,
                     napi_value *self) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, self, NULL) == napi_ok && given >= count) return 1;
  napi_throw_type_error(env, NULL, "too few arguments");
  return 0;
}

static int integer(napi_env env, napi_value value, int32_t *out) {
  if (napi_get_value_int32(env, value, out) == napi_ok) return 1;
  napi_throw_type_error(env, NULL, "expected a number");
  return 0;
}

static int octets(napi_env env, napi_value value, uint8_t **data, size_t *length) {
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, length, (void **)data, NULL, NULL) == napi_ok &&
      type == napi_uint8_array) {
    return 1;
  }
  napi_throw_type_error(env, NULL, "expected a Uint8Array");
  return 0;
}

static napi_value number(napi_env env, long value) {
  napi_value result = NULL;
  napi_create_int64(env, value, &result);
  return result;
}

static napi_value result_of(napi_env env, long returned) {
  return number(env, returned < 0 ? -errno : returned);
}

static napi_value copy_of(napi_env env, const void *data, size_t length) {
  napi_value result = NULL;
  napi_create_buffer_copy(env, length, data, NULL, &result);
  return result;
}

/* ---- plain system calls ---------------------------------------------------------------------------------- */

static napi_value js_socket(napi_env env, napi_callback_info info) {
  napi_value args[3];
  int32_t domain, type, protocol;
  if (!arguments(env, info, 3, args, NULL) || !integer(env, args[0], &domain) ||
      !integer(env, args[1], &type) || !integer(env, args[2], &protocol)) {
    return NULL;
  }
  return result_of(env, socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
}

static napi_value js_close(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd;
  if (!arguments(env, info, 1, args, NULL) || !integer(env, args[0], &fd)) return NULL;
  return result_of(env, close(fd));
}

static napi_value js_bind(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t fd;
  uint8_t *data;
  size_t length;
  if (!arguments(env, info, 2, args, NULL) || !integer(env, args[0], &fd) ||
      !octets(env, args[1], &data, &length)) {
    return NULL;
  }
  return result_of(env, bind(fd, (const struct sockaddr *)data, (socklen_t)length));
}

static napi_value js_connect(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t fd;
  uint8_t *data;
  size_t length;
  if (!arguments(env, info, 2, args, NULL) || !integer(env, args[0], &fd) ||
      !octets(env, args[1], &data, &length)) {
    return NULL;
  }
  return result_of(env, connect(fd, (const struct sockaddr *)data, (socklen_t)length));
}

static napi_value js_listen(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t fd, backlog;
  if (!arguments(env, info, 2, args, NULL) || !integer(env, args[0], &fd) ||
      !integer(env, args[1], &backlog)) {
    return NULL;
  }
  return result_of(env, listen(fd, backlog));
}

static napi_value js_accept(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd;
  int accepted;
  if (!arguments(env, info, 1, args, NULL) || !integer(env, args[0], &fd)) return NULL;
  do accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  while (accepted < 0 && errno == EINTR);
  return result_of(env, accepted);
}

static napi_value js_recv(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t fd;
  uint8_t *data;
  size_t length;
  ssize_t received;
  if (!arguments(env, info, 2, args, NULL) || !integer(env, args[0], &fd) ||
      !octets(env, args[1], &data, &length)) {
    return NULL;
  }
  do received = recv(fd, data, length, MSG_DONTWAIT);
  while (received < 0 && errno == EINTR);
  return result_of(env, received);
}

/* What the kernel leaves of `address` and `control` stays as it was. */
static napi_value js_recvmsg(napi_env env, napi_callback_info info) {
  napi_value args[4];
  int32_t fd;
  struct iovec room;
  struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1};
  uint8_t *data, *address, *control;
  size_t length, address_length, control_length;
  ssize_t received;
  if (!arguments(env, info, 4, args, NULL) || !integer(env, args[0], &fd) ||
      !octets(env, args[1], &data, &length) || !octets(env, args[2], &address, &address_length) ||
      !octets(env, args[3], &control, &control_length)) {
    return NULL;
  }
  room = (struct iovec){.iov_base = data, .iov_len = length};
  do {
    message.msg_name = address;
    message.msg_namelen = (socklen_t)address_length;
    message.msg_control = control;
    message.msg_controllen = control_length;
    received = recvmsg(fd, &message, MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  return result_of(env, received);
}

static napi_value js_send(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t fd;
  uint8_t *data;
  size_t length;
  ssize_t sent;
  if (!arguments(env, info, 2, args, NULL) || !integer(env, args[0], &fd) ||
      !octets(env, args[1], &data, &length)) {
    return NULL;
  }
  do sent = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return result_of(env, sent);
}

static napi_value js_setsockopt(napi_env env, napi_callback_info info) {
  napi_value args[4];
  int32_t fd, level, name;
  uint8_t *data;
  size_t length;
  if (!arguments(env, info, 4, args, NULL) || !integer(env, args[0], &fd) ||
      !integer(env, args[1], &level) || !integer(env, args[2], &name) ||
      !octets(env, args[3], &data, &length)) {
    return NULL;
  }
  return result_of(env, setsockopt(fd, level, name, data, (socklen_t)length));
}

static napi_value js_getsockopt(napi_env env, napi_callback_info info) {
  napi_value args[4];
  int32_t fd, level, name, room;
  uint8_t value[1024] = {0};
  if (!arguments(env, info, 4, args, NULL) || !integer(env, args[0], &fd) ||
      !integer(env, args[1], &level) || !integer(env, args[2], &name) ||
      !integer(env, args[3], &room)) {
    return NULL;
  }
  socklen_t length = room < 0 || (size_t)room > sizeof value ? sizeof value : (socklen_t)room;
  if (getsockopt(fd, level, name, value, &length) < 0) return number(env, -errno);
  return copy_of(env, value, length);
}

typedef int (*name_call)(int, struct sockaddr *, socklen_t *);

static napi_value name_of(napi_env env, napi_callback_info info, name_call call) {
  napi_value args[2];
  int32_t fd, room;
  uint8_t value[128] = {0};
  if (!arguments(env, info, 2, args, NULL) || !integer(env, args[0], &fd) ||
      !integer(env, args[1], &room)) {
    return NULL;
  }
  socklen_t length = room < 0 || (size_t)room > sizeof value ? sizeof value : (socklen_t)room;
  if (call(fd, (struct sockaddr *)value, &length) < 0) return number(env, -errno);
  return copy_of(env, value, length < sizeof value ? length : sizeof value);
}

/* The C library declares both with a transparent union for the address, which fits no pointer to a function. */
static int sock_name(int fd, struct sockaddr *address, socklen_t *length) {
  return getsockname(fd, address, length);
}

static int peer_name(int fd, struct sockaddr *address, socklen_t *length) {
  return getpeername(fd, address, length);
}

static napi_value js_getsockname(napi_env env, napi_callback_info info) {
  return name_of(env, info, sock_name);
}

static napi_value js_getpeername(napi_env env, napi_callback_info info) {
  return name_of(env, info, peer_name);
}

/* ---- Poll: datagrams as they arrive; Watch: only that something can be done ------------------------------ */

static void release(poll_t *poll) {
  poll->owners -= 1;
  if (poll->owners > 0) return;
  free(poll->buffer);
  free(poll);
}

static void on_closed(uv_handle_t *handle) {
  poll_t *poll = uv_handle_get_data(handle);
  free(handle);
  napi_delete_reference(poll->env, poll->callback);
  napi_async_destroy(poll->env, poll->context);
  napi_remove_async_cleanup_hook(poll->hook);
  release(poll);
}

static void stop(poll_t *poll) {
  uv_handle_t *handle = poll->handle;
  if (handle == NULL) return;
  poll->handle = NULL;
  uv_poll_stop(handle);
  uv_close(handle, on_closed);
  close(poll->fd);
}

/* The environment (a worker, or the process) ends: libuv must not find the handle open. */
static void on_environment_exit(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  stop(data);
}

/* Calls JavaScript; whatever it throws becomes an uncaught exception, as from any event of Node's own. */
static void call(poll_t *poll, int error, napi_value (*second)(poll_t *, const void *, size_t),
                 const void *data, size_t length) {
  napi_env env = poll->env;
  napi_handle_scope scope;
  napi_value self, callback, result, args[2], thrown;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  args[0] = number(env, error);
  args[1] = second(poll, data, length);
  napi_get_global(env, &self);
  if (napi_get_reference_value(env, poll->callback, &callback) == napi_ok &&
      napi_make_callback(env, poll->context, self, callback, 2, args, &result) ==
          napi_pending_exception) {
    napi_get_and_clear_last_exception(env, &thrown);
    napi_fatal_exception(env, thrown);
  }
  napi_close_handle_scope(env, scope);
}

static napi_value as_octets(poll_t *poll, const void *data, size_t length) {
  napi_value none = NULL;
  if (data != NULL) return copy_of(poll->env, data, length);
  napi_get_undefined(poll->env, &none);
  return none;
}

static napi_value as_events(poll_t *poll, const void *data, size_t events) {
  (void)data;
  return number(poll->env, (long)events);
}

static void deliver(poll_t *poll, int error, const uint8_t *data, size_t length) {
  call(poll, error, as_octets, data, length);
}

/* Takes one datagram; 0 when there is none. The callback may close `poll`, which stays allocated meanwhile. */
static int receive(poll_t *poll) {
  struct sockaddr_nl from = {0};
  struct iovec room = {.iov_base = poll->buffer, .iov_len = BUFFER_SIZE};
  struct msghdr message = {
      .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &room, .msg_iovlen = 1};
  ssize_t length = recvmsg(poll->fd, &message, MSG_DONTWAIT);
  if (length < 0) {
    if (errno == EINTR) return 1;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    /* ENOBUFS is news, not an end: messages were lost, and the next read works. Others are told once a turn. */
    int error = errno;
    deliver(poll, error, NULL, 0);
    return error == ENOBUFS;
  }
  /* Netlink: another process may write to this socket too; only the kernel, port 0, is listened to. */
  if (from.nl_family == AF_NETLINK && from.nl_pid != 0) return 1;
  if (message.msg_flags & MSG_TRUNC) deliver(poll, EMSGSIZE, NULL, 0);
  else deliver(poll, 0, poll->buffer, (size_t)length);
  return 1;
}

static void on_readable(uv_handle_t *handle, int status, int events) {
  poll_t *poll = uv_handle_get_data(handle);
  (void)events;
  /*
   * An overflow makes epoll report an error, upon which libuv stops the handle and says UV_EBADF. Nothing is wrong
   * with the descriptor: start again, and let recvmsg fetch the error and clear it.
   */
  if (status < 0) uv_poll_start(handle, UV_READABLE_EVENT, on_readable);
  poll->owners += 1;
  for (int i = 0; i < DATAGRAMS_PER_TURN && poll->handle != NULL; i += 1) {
    if (!receive(poll)) break;
  }
  release(poll);
}

/*
 * An error of the descriptor has stopped the handle (see above). It is told without its number, which the next call on the
 * descriptor gives, when what came before it has been read.
 */
static void on_ready(uv_handle_t *handle, int status, int events) {
  poll_t *poll = uv_handle_get_data(handle);
  poll->owners += 1;
  call(poll, status < 0 ? -status : 0, as_events, NULL, (size_t)events);
  release(poll);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(data);
}

static const napi_type_tag poll_tag = {0x53656c7665646765ULL, 0x4e65746c696e6b21ULL};

static poll_t *poll_of(napi_env env, napi_callback_info info) {
  napi_value self;
  bool tagged = false;
  void *poll = NULL;
  size_t none = 0;
  if (napi_get_cb_info(env, info, &none, NULL, &self, NULL) == napi_ok &&
      napi_check_object_type_tag(env, self, &poll_tag, &tagged) == napi_ok && tagged) {
    napi_unwrap(env, self, &poll);
  }
  if (poll == NULL) napi_throw_type_error(env, NULL, "not a Poll");
  return poll;
}

static napi_value js_poll_ref(napi_env env, napi_callback_info info) {
  poll_t *poll = poll_of(env, info);
  if (poll != NULL && poll->handle != NULL) uv_ref(poll->handle);
  return NULL;
}

static napi_value js_poll_unref(napi_env env, napi_callback_info info) {
  poll_t *poll = poll_of(env, info);
  if (poll != NULL && poll->handle != NULL) uv_unref(poll->handle);
  return NULL;
}

static napi_value js_poll_close(napi_env env, napi_callback_info info) {
  poll_t *poll = poll_of(env, info);
  if (poll != NULL) stop(poll);
  return NULL;
}

static napi_value js_watch_watch(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t events;
  poll_t *poll = poll_of(env, info);
  if (poll == NULL || !arguments(env, info, 1, args, NULL) || !integer(env, args[0], &events)) {
    return NULL;
  }
  if (poll->handle == NULL || poll->buffer != NULL) return NULL;
  if (events == 0) uv_poll_stop(poll->handle);
  else uv_poll_start(poll->handle, events & 3, on_ready);
  return NULL;
}

/* Allocates a poll of `fd` on the loop of `env`, with `size` octets to read into; NULL with an exception pending. */
static poll_t *start(napi_env env, int fd, napi_value callback, size_t size) {
  uv_loop_t *loop;
  poll_t *poll = calloc(1, sizeof *poll);
  uv_handle_t *handle = malloc(uv_handle_size(UV_POLL_TYPE));
  uint8_t *buffer = size == 0 ? NULL : malloc(size);
  if (poll == NULL || handle == NULL || (buffer == NULL && size > 0) ||
      napi_get_uv_event_loop(env, &loop) != napi_ok || uv_poll_init(loop, handle, fd) != 0) {
    free(poll);
    free(handle);
    free(buffer);
    napi_throw_error(env, NULL, "cannot poll this descriptor");
    return NULL;
  }
  napi_value name;
  napi_create_string_utf8(env, "selvedge_native", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, NULL, name, &poll->context);
  napi_create_reference(env, callback, 1, &poll->callback);
  napi_add_async_cleanup_hook(env, on_environment_exit, poll, &poll->hook);
  poll->env = env;
  poll->fd = fd;
  poll->buffer = buffer;
  poll->handle = handle;
  poll->owners = 2;
  uv_handle_set_data(handle, poll);
  if (buffer != NULL) uv_poll_start(handle, UV_READABLE_EVENT, on_readable);
  return poll;
}

static napi_value construct(napi_env env, napi_callback_info info, size_t size) {
  napi_value args[2], self;
  napi_valuetype type;
  int32_t fd;
  if (!arguments(env, info, 2, args, &self) || !integer(env, args[0], &fd)) return NULL;
  if (napi_typeof(env, args[1], &type) != napi_ok || type != napi_function) {
    napi_throw_type_error(env, NULL, "expected a function");
    return NULL;
  }
  poll_t *poll = start(env, fd, args[1], size);
  if (poll == NULL) return NULL;
  if (napi_type_tag_object(env, self, &poll_tag) != napi_ok ||
      napi_wrap(env, self, poll, on_collected, NULL, NULL) != napi_ok) {
    napi_throw_error(env, NULL, "cannot poll this descriptor");
    stop(poll);
    release(poll);
    return NULL;
  }
  return self;
}

static napi_value js_poll_new(napi_env env, napi_callback_info info) {
  return construct(env, info, BUFFER_SIZE);
}

static napi_value js_watch_new(napi_env env, napi_callback_info info) {
  return construct(env, info, 0);
}

/* ---- memory ---------------------------------------------------------------------------------------------- */

/*
 * Pages of programs and libraries that are as in their files are dropped: most were needed by the start only, and what is
 * needed again is had from the page cache, a microsecond each. `Anonymous: 0` says that no page of a mapping differs from
 * its file; it does of those that the linker has changed, and where Node has put large pages in place of its program.
 */
static void drop_programs(void) {
  FILE *maps = fopen("/proc/self/smaps", "re");
  char *line = NULL, mode[5];
  size_t room = 0, start = 0, length = 0;
  unsigned long from, to, inode, anonymous;
  if (maps == NULL) return;
  while (getline(&line, &room, maps) >= 0) {
    if (sscanf(line, "%lx-%lx %4s %*s %*s %lu", &from, &to, mode, &inode) == 4) {
      start = from;
      length = inode != 0 && mode[1] == '-' && mode[3] == 'p' ? to - from : 0;
    } else if (sscanf(line, "Anonymous: %lu kB", &anonymous) == 1 && anonymous == 0 && length > 0) {
      madvise((void *)start, length, MADV_DONTNEED);
    }
  }
  free(line);
  fclose(maps);
}

static napi_value js_trim(napi_env env, napi_callback_info info) {
  (void)info;
  malloc_trim(0);
  drop_programs();
  return number(env, 0);
}

/* ---- the module ------------------------------------------------------------------------------------------ */

NAPI_MODULE_INIT() {
  /* The last one is for a Watch only. */
  const napi_property_descriptor methods[] = {
      {"ref", NULL, js_poll_ref, NULL, NULL, NULL, napi_default_method, NULL},
      {"unref", NULL, js_poll_unref, NULL, NULL, NULL, napi_default_method, NULL},
      {"close", NULL, js_poll_close, NULL, NULL, NULL, napi_default_method, NULL},
      {"watch", NULL, js_watch_watch, NULL, NULL, NULL, napi_default_method, NULL},
  };
  const size_t count = sizeof methods / sizeof *methods;
  napi_value poll, watch;
  if (napi_define_class(env, "Poll", NAPI_AUTO_LENGTH, js_poll_new, NULL, count - 1,
                        methods, &poll) != napi_ok ||
      napi_define_class(env, "Watch", NAPI_AUTO_LENGTH, js_watch_new, NULL, count, methods,
                        &watch) != napi_ok) {
    return NULL;
  }
  const napi_property_descriptor exported[] = {
      {"socket", NULL, js_socket, NULL, NULL, NULL, napi_enumerable, NULL},
      {"close", NULL, js_close, NULL, NULL, NULL, napi_enumerable, NULL},
      {"bind", NULL, js_bind, NULL, NULL, NULL, napi_enumerable, NULL},
      {"connect", NULL, js_connect, NULL, NULL, NULL, napi_enumerable, NULL},
      {"listen", NULL, js_listen, NULL, NULL, NULL, napi_enumerable, NULL},
      {"accept", NULL, js_accept, NULL, NULL, NULL, napi_enumerable, NULL},
      {"recv", NULL, js_recv, NULL, NULL, NULL, napi_enumerable, NULL},
      {"recvmsg", NULL, js_recvmsg, NULL, NULL, NULL, napi_enumerable, NULL},
      {"send", NULL, js_send, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setsockopt", NULL, js_setsockopt, NULL, NULL, NULL, napi_enumerable, NULL},
      {"getsockopt", NULL, js_getsockopt, NULL, NULL, NULL, napi_enumerable, NULL},
      {"getsockname", NULL, js_getsockname, NULL, NULL, NULL, napi_enumerable, NULL},
      {"getpeername", NULL, js_getpeername, NULL, NULL, NULL, napi_enumerable, NULL},
      {"trim", NULL, js_trim, NULL, NULL, NULL, napi_enumerable, NULL},
      {"Poll", NULL, NULL, NULL, NULL, poll, napi_enumerable, NULL},
      {"Watch", NULL, NULL, NULL, NULL, watch, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof exported / sizeof *exported, exported);
  return exports;
}
