// The line between laptop and Region, for kernels without sch_netem: a bridge between two network interfaces that delays,
// throttles and cuts. Linux only; needs CAP_NET_ADMIN and CAP_NET_RAW in its network namespace.
//
//   slow-line                 commands from stdin, one a line, each answered by one line; ends with stdin
//     open LAPTOP REGION      joins the two interfaces
//     set KEY=NUMBER ...      delay: ms each way. rate: bit/s each way, 0 for no limit. queue: ms of backlog at a rate, above
//                             which packets are dropped. cut: 1 drops every packet, 0 lets them through again
//     count                   packets and bytes that went through since the start, each way, and packets dropped; JSON
//   slow-line plain IFACE     turns off what a network card would do for the kernel: packets then leave as they travel, with
//                             checksums, and none is longer than the line's MTU
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum { UP, DOWN };

typedef struct {
  double due; /* ms */
  unsigned long order;
  int way, length;
  unsigned char *bytes;
} Packet;

/* Packets on their way, a heap by when they are due. */
static Packet *heap;
static int held, room;
static unsigned long sequence;

static struct {
  double delay, rate, queue;
  int cut;
} line = {.queue = 2000};
static struct {
  unsigned long packets, bytes, dropped;
  double free_at; /* when the line has sent everything queued, ms */
} ways[2];

static int before(const Packet *a, const Packet *b) {
  return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void swap(int a, int b) {
  Packet packet = heap[a];
  heap[a] = heap[b];
  heap[b] = packet;
}

static void hold(Packet packet) {
  if (held == room && !(heap = realloc(heap, (room = room ? room * 2 : 1024) * sizeof *heap))) abort();
  heap[held] = packet;
  for (int at = held++; at > 0 && before(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2) swap(at, (at - 1) / 2);
}

static Packet release(void) {
  Packet first = heap[0];
  heap[0] = heap[--held];
  for (int at = 0, child; (child = 2 * at + 1) < held; at = child) {
    if (child + 1 < held && before(&heap[child + 1], &heap[child])) child++;
    if (!before(&heap[child], &heap[at])) break;
    swap(at, child);
  }
  return first;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int open_interface(const char *name) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex(name)};
  int yes = 1, bytes = 32 << 20;
  if (fd < 0 || address.sll_ifindex == 0 || bind(fd, (void *)&address, sizeof address) < 0) return -1;
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) < 0) return -1;
  /* If the kernel doesn't allow that much, its default must suffice. */
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  return fd;
}

static int plain(const char *name) {
  static const unsigned int off[] = {ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_SGRO, ETHTOOL_SSG, ETHTOOL_STXCSUM};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  for (unsigned int at = 0; at < sizeof off / sizeof *off; at++) {
    struct ethtool_value value = {.cmd = off[at], .data = 0};
    struct ifreq request = {.ifr_data = (void *)&value};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(fd, SIOCETHTOOL, &request) < 0 && errno != EOPNOTSUPP) return perror(name), 1;
  }
  return 0;
}

/* Returns 0 for an unknown word. */
static int set(char *words) {
  for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
    double value;
    if (sscanf(word, "delay=%lf", &value) == 1) line.delay = value;
    else if (sscanf(word, "rate=%lf", &value) == 1) line.rate = value;
    else if (sscanf(word, "queue=%lf", &value) == 1) line.queue = value;
    else if (sscanf(word, "cut=%lf", &value) == 1) line.cut = value != 0;
    else return 0;
  }
  return 1;
}

static void command(char *text, int ends[2]) {
  char laptop[IFNAMSIZ], region[IFNAMSIZ];
  if (sscanf(text, "open %15s %15s", laptop, region) == 2) {
    ends[UP] = open_interface(laptop);
    ends[DOWN] = open_interface(region);
    printf(ends[UP] < 0 || ends[DOWN] < 0 ? "cannot open the interfaces: %s\n" : "ok\n", strerror(errno));
  } else if (!strncmp(text, "set ", 4)) {
    puts(set(text + 4) ? "ok" : "unknown setting");
  } else if (!strcmp(text, "count")) {
    printf("{\"up\":{\"packets\":%lu,\"bytes\":%lu,\"dropped\":%lu},\"down\":{\"packets\":%lu,\"bytes\":%lu,\"dropped\":%lu}}\n",
           ways[UP].packets, ways[UP].bytes, ways[UP].dropped, ways[DOWN].packets, ways[DOWN].bytes, ways[DOWN].dropped);
  } else {
    puts("unknown command");
  }
  fflush(stdout);
}

/* Handles every whole line from stdin; returns 0 at its end. */
static int commands(int ends[2]) {
  static char text[4096];
  static int length;
  int got = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
  if (got <= 0) return 0;
  text[length += got] = 0;
  for (char *end; (end = strchr(text, '\n')); length = strlen(text)) {
    *end = 0;
    command(text, ends);
    memmove(text, end + 1, strlen(end + 1) + 1);
  }
  return 1;
}

static void take(int way, const unsigned char *bytes, int length) {
  double at = now();
  if (line.cut) {
    ways[way].dropped++;
    return;
  }
  if (line.rate > 0) {
    if (ways[way].free_at < at) ways[way].free_at = at;
    if (ways[way].free_at - at > line.queue) {
      ways[way].dropped++;
      return;
    }
    at = ways[way].free_at += length * 8e3 / line.rate;
  }
  Packet packet = {at + line.delay, sequence++, way, length, malloc(length)};
  if (!packet.bytes) abort();
  memcpy(packet.bytes, bytes, length);
  hold(packet);
}

int main(int count, char **arguments) {
  if (count == 3 && !strcmp(arguments[1], "plain")) return plain(arguments[2]);
  if (count != 1) return fprintf(stderr, "usage: slow-line | slow-line plain IFACE\n"), 2;
  int ends[2] = {-1, -1}, timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  static unsigned char bytes[70000];
  for (;;) {
    while (held && heap[0].due <= now()) {
      Packet packet = release();
      if (send(ends[!packet.way], packet.bytes, packet.length, 0) < 0) ways[packet.way].dropped++;
      else ways[packet.way].packets++, ways[packet.way].bytes += packet.length;
      free(packet.bytes);
    }
    struct itimerspec next = {0};
    if (held) {
      double left = heap[0].due - now();
      if (left < 0.01) left = 0.01;
      next.it_value.tv_sec = left / 1e3;
      next.it_value.tv_nsec = (long)(left * 1e6) % 1000000000L;
    }
    timerfd_settime(timer, 0, &next, NULL);
    struct pollfd waits[4] = {{ends[UP], POLLIN}, {ends[DOWN], POLLIN}, {STDIN_FILENO, POLLIN}, {timer, POLLIN}};
    poll(waits, 4, -1);
    if (waits[2].revents && !commands(ends)) return 0;
    for (int way = UP; way <= DOWN; way++) {
      /* A bounded number at a time, so that the other direction and packets that are due do not wait. */
      for (int some = 0; ends[way] >= 0 && some < 256; some++) {
        int length = recv(ends[way], bytes, sizeof bytes, 0);
        if (length <= 0) break;
        take(way, bytes, length);
      }
    }
  }
}
