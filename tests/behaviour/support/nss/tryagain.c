/* A group database that says "try again", as one does whose server is down: a service for nsswitch.conf(5). */

#include <errno.h>
#include <grp.h>
#include <nss.h>

enum nss_status _nss_tryagain_getgrnam_r(const char *name, struct group *group, char *buffer, size_t size, int *error)
{
    *error = EAGAIN;
    return NSS_STATUS_TRYAGAIN;
}

enum nss_status _nss_tryagain_getgrgid_r(gid_t id, struct group *group, char *buffer, size_t size, int *error)
{
    *error = EAGAIN;
    return NSS_STATUS_TRYAGAIN;
}

enum nss_status _nss_tryagain_initgroups_dyn(const char *user, gid_t primary, long *start, long *size, gid_t **groups,
                                             long limit, int *error)
{
    *error = EAGAIN;
    return NSS_STATUS_TRYAGAIN;
}
