/*
 * What GCC's unwinder, built for glibc, asks of a C library, for musl, which has no _dl_find_object, and whose static
 * archive gives up the functions named below only to those who ask for them by a strong reference.
 */

#include <link.h>
#include <pthread.h>

/* What glibc's <dlfcn.h> says of it on x86_64. */
#ifndef DLFO_STRUCT_HAS_EH_DBASE
struct dl_find_object {
	unsigned long long dlfo_flags;
	void *dlfo_map_start, *dlfo_map_end, *dlfo_link_map, *dlfo_eh_frame;
	unsigned long long dlfo_reserved[7];
};
#endif

struct search {
	ElfW(Addr) pc;
	struct dl_find_object *found;
};

static int look(struct dl_phdr_info *object, size_t size, void *data)
{
	struct search *search = data;
	const ElfW(Phdr) *eh_frame = 0;
	int is_here = 0;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		ElfW(Addr) start = object->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_GNU_EH_FRAME)
			eh_frame = part;
		if (part->p_type == PT_LOAD && search->pc >= start && search->pc - start < part->p_memsz)
			is_here = 1;
	}
	if (!is_here || !eh_frame)
		return 0;
	search->found->dlfo_eh_frame = (void *)(object->dlpi_addr + eh_frame->p_vaddr);
	return 1;
}

int _dl_find_object(void *pc, struct dl_find_object *found)
{
	struct search search = { (ElfW(Addr))pc, found };

	return dl_iterate_phdr(look, &search) ? 0 : -1;
}

static void (*const asked_for[])(void) __attribute__((used)) = {
	(void (*)(void))pthread_once,        (void (*)(void))pthread_key_create,   (void (*)(void))pthread_getspecific,
	(void (*)(void))pthread_setspecific, (void (*)(void))pthread_mutex_lock, (void (*)(void))pthread_mutex_unlock,
};
